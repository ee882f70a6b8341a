"""Settings of a training: options laid over a TRL YAML file, and both over a preset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from evalsuite.asking.spec import read_preset
from evalsuite.errors import InvalidInputError
from evalsuite.records.training import HeldOut, Warmup
from evalsuite.tasks.prompts import read_arguments, read_template
from evalsuite.tasks.questions import read_columns

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.training.settings import TrainFields, TrainSettings

__all__ = ["TrainOptions", "training_settings"]


class TrainOptions(TypedDict):
    """What ``evalsuite train`` takes of a training; None is not given."""

    task: str | None
    data_file: Path | None
    question_columns: str | None
    hold_out: float | None
    test: str | None
    n_questions: int | None
    difficulty: str | None
    """``LOW..HIGH``."""
    prompt: str | None
    chat_template: Path | None
    template_arguments: tuple[str, ...]
    """As ``NAME=VALUE``."""
    rewards: str | None
    gate: str | None
    max_new_tokens: int | None
    engine: Literal["trl", "hf"] | None
    warmup: Literal["gold", "self", "none"] | None
    warmup_steps: int | None
    max_steps: int | None
    stop_on_fall: bool
    lora: bool


_AS_GIVEN = (
    "task",
    "rewards",
    "gate",
    "max_new_tokens",
    "engine",
    "prompt",
    "n_questions",
    "test",
)
"""Options that are fields of the same name."""


def training_settings(
    preset: str | None, config: Path | None, options: TrainOptions
) -> TrainSettings:
    """Lay options over the YAML file over the preset."""
    from evalsuite.training.settings import (
        TrainSettings,
        laid_over,
        read_settings,
        read_trl_yaml,
    )

    settings = read_settings(read_preset(preset)["train"]) if preset else TrainSettings()
    if config is not None:
        settings = laid_over(settings, read_trl_yaml(config))
    fields = _fields(options)
    if options["stop_on_fall"] and settings.fields.get("heldout") is None:
        fields["heldout"] = HeldOut()
    settings = laid_over(settings, TrainSettings(fields=fields))
    return replace(settings, warmup=_warmup(settings.warmup, options))


def _fields(options: TrainOptions) -> TrainFields:
    """Read the options that were given."""
    values = cast("dict[str, Any]", options)
    given = {key: values[key] for key in _AS_GIVEN if values[key] is not None}
    if options["data_file"] is not None:
        given["data_file"] = str(options["data_file"])
    if options["question_columns"] is not None:
        given["columns"] = read_columns(options["question_columns"])
    if options["hold_out"] is not None:
        given["test_share"] = options["hold_out"]
    if options["chat_template"] is not None:
        given["chat_template"] = read_template(options["chat_template"])
    if options["difficulty"] is not None:
        given["difficulty"] = _bounds(options["difficulty"])
    if options["lora"]:
        given["adapter"] = "lora"
    given["grpo"] = _of_trl(options)
    return cast("TrainFields", given)


def _of_trl(options: TrainOptions) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if options["template_arguments"]:
        given["chat_template_kwargs"] = read_arguments(options["template_arguments"])
    if options["max_steps"] is not None:
        given["max_steps"] = options["max_steps"]
    return given


def _warmup(preset: Warmup | None, options: TrainOptions) -> Warmup | None:
    """Lay --warmup and --warmup-steps over the preset's ``[train.warmup]``; None for no warm-up."""
    solutions, steps = options["warmup"], options["warmup_steps"]
    if solutions == "none" or (preset is None and solutions is None):
        if steps is not None:
            raise InvalidInputError("--warmup-steps needs a warm-up; add --warmup gold or self.")
        return None
    warmup = preset or Warmup(solutions="gold")
    if solutions is not None:
        warmup = replace(warmup, solutions=solutions)
    return warmup if steps is None else replace(warmup, steps=steps)


def _bounds(text: str) -> tuple[float, float]:
    low, _, high = text.partition("..")
    try:
        return float(low), float(high)
    except ValueError as error:
        raise InvalidInputError(
            "--difficulty is {text!r}; write two shares such as 0.1..0.6.", text=text
        ) from error
