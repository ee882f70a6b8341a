"""Settings of a training: options laid over a TRL YAML file, and both over a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.asking.spec import read_preset
from evalsuite.errors import InvalidInputError
from evalsuite.tasks.prompts import read_arguments
from evalsuite.tasks.questions import read_columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["training_settings"]

_SPEC_OPTIONS = ("task", "rewards", "gate", "max_new_tokens", "prompt", "n_questions", "test")


def training_settings(
    preset: str | None, config: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay options over the YAML file over the preset."""
    settings = read_preset(preset) if preset else {"train": {}}
    training = dict(settings["train"])
    training["grpo"] = dict(training.get("grpo", {}))
    if config is not None:
        from evalsuite.training.options import read_trl_yaml

        fields = read_trl_yaml(config)
        training["grpo"] |= fields.pop("grpo")
        if "model_name" in fields:
            training["model"] = fields.pop("model_name")
        training |= fields
    training |= _of_questions(options)
    if options["stop_on_fall"]:
        training.setdefault("heldout", {})
    if options["lora"]:
        training["adapter"] = "lora"
    if options["template_arguments"]:
        arguments = read_arguments(options["template_arguments"])
        training["grpo"]["chat_template_kwargs"] = arguments
    if options["max_steps"] is not None:
        training["grpo"]["max_steps"] = options["max_steps"]
    training["warmup"] = _warmup_options(training.get("warmup"), options)
    return settings | {"train": training}


def _of_questions(options: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options that say which questions are trained on, and how they are asked and paid."""
    given = {key: options[key] for key in _SPEC_OPTIONS if options[key] is not None}
    if options["data_file"] is not None:
        given["data_file"] = str(options["data_file"])
    if options["question_columns"] is not None:
        given["columns"] = read_columns(options["question_columns"])
    if options["hold_out"] is not None:
        given["test_share"] = options["hold_out"]
    if options["difficulty"] is not None:
        given["difficulty"] = _bounds(options["difficulty"])
    return given


def _warmup_options(
    preset: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Lay --warmup and --warmup-steps over the preset's ``[train.warmup]``; None for no warm-up."""
    if options["warmup"] == "none" or (preset is None and options["warmup"] is None):
        if options["warmup_steps"] is not None:
            raise InvalidInputError("--warmup-steps needs a warm-up; add --warmup gold or self.")
        return None
    warmup = dict(preset or {})
    if options["warmup"] is not None:
        warmup["solutions"] = options["warmup"]
    if options["warmup_steps"] is not None:
        warmup["steps"] = options["warmup_steps"]
    return warmup


def _bounds(text: str) -> tuple[float, float]:
    low, _, high = text.partition("..")
    try:
        return float(low), float(high)
    except ValueError as error:
        raise InvalidInputError(
            f"--difficulty is {text!r}; write two shares such as 0.1..0.6."
        ) from error
