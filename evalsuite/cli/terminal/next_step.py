"""The next step after a training: the comparison that asks both models as the training did."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.run import ModelSpec
    from evalsuite.records.training import TrainSpec

__all__ = ["asked_as_trained", "next_step"]

_BUILT_IN = ("embedded", "gsm8k")
_EMBEDDED = "tiny"
"""The preset of the embedded pair, of which a comparison knows everything without it."""
_NO_TEST = "TEST"
"""Stands for a file of questions that were not trained on, where nobody has named one."""


def asked_as_trained(
    spec: TrainSpec,
    *,
    model: str,
    tested: str | None,
    preset: str | None = None,
    bases: Sequence[ModelSpec] = (),
) -> str:
    """Write the options of a comparison that asks as this training did.

    ``model`` is the folder of the trained model, ``tested`` the task of what was held out by hash.
    The preset of the training tells a comparison what it tells, too. ``bases`` are models that the
    trained one is compared with, beside its start.
    """
    about = _about(spec, tested, bases)
    if tested is None and preset not in (None, _EMBEDDED):
        about = _beside_preset(spec, str(preset)) or about
    return "".join((about, *_how(spec, model)))


def _beside_preset(spec: TrainSpec, preset: str) -> str:
    from evalsuite.asking.spec import preset_options

    known = preset_options(preset)
    if spec.task != known.get("task"):
        return ""
    prompt = "" if spec.prompt == known.get("prompt") else f" --prompt {shlex.quote(spec.prompt)}"
    return f" --preset {preset}{prompt}"


def _about(spec: TrainSpec, tested: str | None, bases: Sequence[ModelSpec]) -> str:
    """Name task, columns and prompt, as far as the comparison would not choose them."""
    from evalsuite.asking.spec import default_prompt

    task = tested or spec.test or spec.task
    if task == _chosen(spec, bases) and spec.prompt == default_prompt(task):
        return ""
    has_splits = task in _BUILT_IN or task.removeprefix("text:").startswith("hf:")
    if task == spec.task and not has_splits:
        task = _NO_TEST  # a file's questions are those trained on
    options = f" --task {shlex.quote(task)}"
    if spec.columns and tested is None and task not in _BUILT_IN:
        named = ",".join(f"{key}={name}" for key, name in spec.columns.items())
        options += f" --columns {shlex.quote(named)}"
    return f"{options} --prompt {shlex.quote(spec.prompt)}"


def _chosen(spec: TrainSpec, bases: Sequence[ModelSpec]) -> str:
    """Tell which task a comparison with the trained model chooses where none is named."""
    from evalsuite.asking.spec import task_of

    return "gsm8k" if spec.task != "embedded" else task_of([spec.model, *bases])


def _how(spec: TrainSpec, model: str) -> Iterator[str]:
    """Write chat template, its arguments and a repetition penalty as they are typed."""
    if spec.chat_template is not None:
        # The trained model has it beside its tokenizer; base has one of its own.
        yield f" --chat-template {shlex.quote(f'{model}/chat_template.jinja')}"
    arguments = spec.grpo.get("chat_template_kwargs") or {}
    for name, value in arguments.items():
        yield f" --template-arg {shlex.quote(f'{name}={json.dumps(value)}')}"
    penalty = float(spec.grpo.get("repetition_penalty", 1.0))
    if penalty != 1:
        yield f" --repetition-penalty {penalty:g}"


def next_step(
    alias: str,
    seeds: tuple[int, ...],
    *,
    start: str = "base",
    more_options: str = "",
    lang: str = "en",
) -> str:
    """Say what to compare now; after a warm-up, both what GRPO added and the two together."""
    several = f"'{alias}@*'" if len(seeds) > 1 else alias
    line = f"evalsuite compare {start} {several} --seeds 5{more_options}"
    catalogue = words(lang)
    if start != "warmed":
        return str(catalogue.say("next_step.one", line=line))
    both = f"evalsuite compare base {several} --seeds 5{more_options}"
    return str(catalogue.say("next_step.two", line=line, both=both))
