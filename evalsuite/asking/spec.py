"""The specification of a comparison: every setting, its default by task, its rules, and presets.

A preset is a TOML file that ships, with the models and settings of a known pair.
"""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evalsuite.asking.options import checked_options, tasks_of
from evalsuite.asking.sampling_options import check_sampling
from evalsuite.disk.files import object_or_empty
from evalsuite.errors import InvalidInputError
from evalsuite.logs.log import Columns
from evalsuite.models.names import EMBEDDED, read_aliases
from evalsuite.models.project import read_toml
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Policy
from evalsuite.stats.arguments import check_fraction, check_level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from evalsuite.asking.options import CompareOptions, SpecFields
    from evalsuite.models.load import Dtype
    from evalsuite.records.ledger import LookMode
    from evalsuite.records.run import ModelSpec

__all__ = [
    "CompareSpec",
    "check_options",
    "default_budgets",
    "default_prompt",
    "policy_of",
    "preset_models",
    "preset_options",
    "read_preset",
    "spec_of",
    "task_of",
]

PRESETS = Path(__file__).parent.parent / "presets"
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
_DEFAULTS: dict[str, tuple[str, tuple[int, ...]]] = {
    "embedded": ("plain", (24, 32, 48, 64, 96, 128)),
    "gsm8k": ("boxed", (300, 512, 1024)),
}
"""Prompt and budgets of a task; a file is asked like gsm8k."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSpec:
    """What a comparison asks for; None stands for the task's own default."""

    task: str | None = None
    tasks: tuple[str, ...] = ()
    """Several tasks of one pair, judged together; then ``task`` is None."""
    split: str = "test"
    data: Path | None = None
    question_columns: str | None = None
    """Of own questions: ``question=NAME,answer=NAME``."""
    subsets: int = 5
    """Seeded subsets, of seeds 0 .. subsets - 1."""
    subset_size: int = 200
    full: bool = True
    first: int | None = None
    """Ask the first questions of the split alone, so many; None asks as ``full`` says."""
    subset: tuple[int, int] | None = None
    """Ask one seeded subset alone: its seed and its size."""
    max_new_tokens: tuple[int, ...] | None = None
    headline_budget: int | None = None
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0
    stop: tuple[str, ...] = ()
    """Stop strings; an answer ends with the first one to be completed."""
    repetition_penalty: float = 1.0
    """Of tokens in the prompt and in the answer so far; 1 is none."""
    prompt: str | None = None
    template_arguments: tuple[str, ...] = ()
    """Of the chat template, as ``NAME=VALUE``."""
    chat_template: Path | None = None
    """A file in the place of both models' own templates."""
    device: str = "auto"
    dtype: Dtype = "float32"
    batch_size: int | None = None
    engine: str = "auto"
    """``auto``, ``hf`` or ``vllm``; a model behind a server is always answered by it."""
    threads: int | None = None
    """CPU threads; None leaves the engine's choice."""
    tensor_parallel_size: int | None = None
    """Of vLLM: GPUs over which each layer is split; None leaves its choice, one."""
    gpu_memory_utilization: float | None = None
    """Of vLLM: share of a GPU's memory that it takes; None leaves its choice."""
    concurrency: int = 32
    """Requests under way at each URL of a server."""
    also: tuple[str, ...] = ()
    """Further decodings of the pair: ``greedy``, ``temperature=0.7,samples=8``, or a stored pair as
    ``BASE,TRAINED``."""
    use_all_of_base: bool = False
    """Where trained answered a part of base's questions, estimate the gain with all of base's."""
    noise_floor: bool = False
    """Ask base once more and set it against itself."""
    twins: bool = False
    """Of the embedded task: ask both models the same questions in other words too."""
    stop_early: bool = False
    """Look before all questions are answered and stop once the answer is known."""
    looks: LookMode = "planned"
    """How ``stop_early`` looks: five times at a known number of questions, or ``anytime``."""
    train_log: Path | None = None
    """Log of a training run, or its folder; sought beside each model where None."""
    policy: Policy = field(default_factory=Policy)
    runs: Path = Path("runs")
    grader: str | None = None
    """Of a log: the grader that decides; None takes the harness's first."""
    allow_missing: bool = False
    """Of logs: compare the questions that all of them hold."""
    columns: Columns = field(default_factory=Columns)
    """Of a log that is a table."""
    has_page: bool = True
    """Whether to compute what only a page shows: runs of other sizes, and how the methods do."""


def spec_of(**options: Unpack[CompareOptions]) -> CompareSpec:
    """Build the specification of a comparison from its options.

    Raises
    ------
    InvalidInputError
        For an option that does not exist, a value of another kind, and two options that say
        different things of one: none is ever dropped.
    """
    options = checked_options(options)
    if "seeds" in options:
        options["subsets"] = options.pop("seeds")
    declared = [word.strip() for text in options.pop("declare", ()) for word in text.split(",")]
    in_parts = policy_of(
        alpha=options.pop("alpha", None),
        margin=options.pop("margin", 2.0),
        confidence=options.pop("confidence", None),
        declared=tuple(declared),
    )
    policy = options.pop("policy", in_parts)
    tasks = tasks_of(options.pop("task", None))
    several = tasks if len(tasks) > 1 else ()
    task = tasks[0] if len(tasks) == 1 else None
    return CompareSpec(policy=policy, task=task, tasks=several, **cast("SpecFields", options))


def policy_of(
    *,
    alpha: float | None = None,
    margin: float = 2.0,
    confidence: float | None = None,
    declared: tuple[str, ...] = (),
) -> Policy:
    """Make the policy of a comparison; ``margin`` in points.

    Of ``alpha`` and ``confidence`` each follows from the other, so that words and intervals agree;
    where both are given, both are kept, and the headline tells them apart.
    """
    unknown = sorted(set(declared) - {"budgets", "graders"})
    if unknown:
        raise InvalidInputError(
            "--declare {unknown!r} is unknown; use budgets, graders, or both with a comma",
            unknown=unknown[0],
        )
    if confidence is not None:
        check_level(confidence, "confidence")
    if alpha is None:
        alpha = 0.05 if confidence is None else round(1 - confidence, 12)
    check_level(alpha, "alpha")
    if not 0 < margin <= 100:
        raise InvalidInputError(
            "margin {margin:g} must be above 0 and at most 100 points; write 2 for 2 points",
            margin=margin,
        )
    return Policy(
        alpha=alpha,
        margin=margin / 100,
        confidence_level=round(1 - alpha, 12) if confidence is None else confidence,
        declared=declared,
    )


def default_prompt(task: str) -> str:
    """Name the prompt of a task; a file is asked like gsm8k."""
    return _DEFAULTS.get(task, _DEFAULTS["gsm8k"])[0]


def default_budgets(task: str) -> tuple[int, ...]:
    """List the budgets of a task, in tokens; a file is asked like gsm8k."""
    return _DEFAULTS.get(task, _DEFAULTS["gsm8k"])[1]


def task_of(models: list[ModelSpec]) -> str:
    """Choose the task where none was asked for.

    ``embedded`` where every model is embedded or was trained on the embedded task, as its manifest
    tells; else ``gsm8k``.
    """
    return "embedded" if all(map(_knows_word_problems, models)) else "gsm8k"


def _knows_word_problems(model: ModelSpec) -> bool:
    if model.source == "embedded":
        return True
    for folder in (Path(model.location), Path(model.location).parent):
        manifest = folder / "manifest.json"
        if model.source in ("folder", "adapter") and manifest.is_file():
            return object_or_empty(manifest).get("task") == "embedded"
    return False


def check_options(spec: CompareSpec) -> None:
    """Refuse settings that contradict each other.

    Raises
    ------
    InvalidInputError
        Naming the value, the rule and the way out.
    """
    budgets = spec.max_new_tokens or ()
    if any(b < 1 for b in budgets):
        raise InvalidInputError(
            "max_new_tokens {budget} is below 1; use positive numbers", budget=min(budgets)
        )
    check_sampling(
        samples=spec.samples,
        temperature=spec.temperature,
        top_p=spec.top_p,
        penalty=spec.repetition_penalty,
        stop=spec.stop,
    )
    if spec.concurrency < 1 or (spec.threads is not None and spec.threads < 1):
        raise InvalidInputError(
            "concurrency {concurrency} and threads {threads} must be at least 1; correct them",
            concurrency=spec.concurrency,
            threads=spec.threads,
        )
    _check_vllm(spec)
    _check_selection(spec)
    if _DEVICE.fullmatch(spec.device) is None:
        raise InvalidInputError(
            "device {device!r} is unknown; use auto, cpu, cuda or cuda:N", device=spec.device
        )
    _check_policy(spec.policy)


def _check_vllm(spec: CompareSpec) -> None:
    size, share = spec.tensor_parallel_size, spec.gpu_memory_utilization
    if size is not None and size < 1:
        raise InvalidInputError(
            "tensor_parallel_size {size} is below 1; give the number of GPUs", size=size
        )
    if share is not None and not 0 < share <= 1:
        raise InvalidInputError(
            "gpu_memory_utilization {share:g} is no share of a GPU's memory; make it above 0 and "
            "at most 1, such as 0.8",
            share=share,
        )


def _check_selection(spec: CompareSpec) -> None:
    if spec.subsets < 0 or spec.subset_size < 1:
        raise InvalidInputError(
            "{subsets} subsets of {subset_size} questions can't be drawn; set --subsets 0 or "
            "more, and --subset-size 1 or more",
            subsets=spec.subsets,
            subset_size=spec.subset_size,
        )
    if spec.first is not None and spec.subset is not None:
        raise InvalidInputError("--first and --subset choose different questions; leave one out")
    asked = [n for n in (spec.first, spec.subset and spec.subset[1]) if n is not None]
    if asked and min(asked) < 1:
        raise InvalidInputError("--first and --subset need at least one question; name more")
    if spec.subsets == 0 and not spec.full:
        raise InvalidInputError(
            "without the full split there must be a subset; set --subsets 1 or more"
        )


def _check_policy(policy: Policy) -> None:
    """Refuse levels and a margin that no verdict could follow; `policy_of` never makes them."""
    check_level(policy.alpha, "alpha")
    check_level(policy.confidence_level, "confidence")
    check_fraction(policy.margin, "margin")


def read_preset(name: str) -> dict[str, Any]:
    """Read the sections ``models``, ``compare`` and ``train`` of a preset that ships.

    Raises
    ------
    InvalidInputError
        If there is no such preset.
    """
    path = PRESETS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in PRESETS.glob("*.toml")))
        raise InvalidInputError(
            "preset {name!r} does not exist; use one of {known}", name=name, known=known
        )
    return read_toml(path)


def preset_options(name: str) -> CompareOptions:
    """Give a preset's settings of a comparison, lists as tuples."""
    section = read_preset(name).get("compare", {})
    options = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in section.items()
    }
    return cast("CompareOptions", options)


def preset_models(name: str | None, names: Sequence[str]) -> tuple[str, ...]:
    """Put a preset's models in the place of the names it knows; an alias of the project wins.

    Without a preset the names stay.

    Raises
    ------
    InvalidInputError
        Where the embedded model of the same name would fill in for a model the preset lacks.
    """
    if name is None:
        return tuple(names)
    models: dict[str, str] = read_preset(name).get("models", {})
    aliases = read_aliases()
    known = {*models, *aliases}
    missing = [given for given in names if given in EMBEDDED and given not in known]
    if missing and name != "tiny":
        raise InvalidInputError(
            "preset {name} has no model {missing!r}; train one with evalsuite train --preset "
            "{name}, or name it: evalsuite compare base FOLDER --preset {name}",
            name=name,
            missing=missing[0],
        )
    # What a project named itself, as training does, is never swapped for what ships: a verdict on
    # somebody else's checkpoint would read like one on its own.
    return tuple(given if given in aliases else models.get(given, given) for given in names)
