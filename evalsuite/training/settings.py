"""Settings of a training, before its start model and its seed are chosen.

They come from a preset, a TRL YAML file and the command line, which are laid over each other. Which
values a training may have, `TrainSpec` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypedDict, cast, get_type_hints

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.models.project import nearest
from evalsuite.records.codec import read_setting
from evalsuite.records.training import HeldOut, TrainSpec, Warmup

__all__ = ["TrainFields", "TrainSettings", "laid_over", "read_settings", "spec_of_training"]


_OWN_KINDS = {"model": str, "seed": int, "warmup": Warmup}
"""Of the keys that `TrainSettings` holds itself; ``model`` is a name here, not yet a model."""


class TrainFields(TypedDict, total=False):
    """The fields of `TrainSpec` that settings decide."""

    task: str
    data_file: str | None
    columns: Mapping[str, str] | None
    test_share: float | None
    test: str | None
    n_questions: int | None
    question_seed: int
    difficulty: tuple[float, float] | None
    heldout: HeldOut | None
    prompt: str
    rewards: str
    gate: Literal["none", "mixed_only", "auto"]
    adapter: Literal["full", "lora"]
    lora: Mapping[str, Any]
    max_new_tokens: int
    threads: int | None
    grpo: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """What was set; None and a missing field are left to whatever these are laid over."""

    model: str | None = None
    """The name of the start model."""
    fields: TrainFields = field(default_factory=TrainFields)
    warmup: Warmup | None = None
    """Done before the run, and changes which model this starts from."""
    seed: int | None = None
    """Of the first run."""


def read_settings(section: Mapping[str, Any]) -> TrainSettings:
    """Read the ``train`` section of a preset.

    Raises InvalidInputError for a key that does not exist and values that no training has.
    """
    own = {each.name for each in fields(TrainSettings)} - {"fields"}
    _refuse_unknown(section, {*own, *TrainFields.__annotations__}, "[train]")
    _refuse_unknown(
        section.get("heldout"), {each.name for each in fields(HeldOut)}, "[train.heldout]"
    )
    _refuse_unknown(section.get("warmup"), {each.name for each in fields(Warmup)}, "[train.warmup]")
    kinds = get_type_hints(TrainSpec) | _OWN_KINDS
    values = {
        key: read_setting(kinds[key], value, name=f"[train] {key}")
        for key, value in section.items()
    }
    return TrainSettings(
        fields=cast("TrainFields", {key: v for key, v in values.items() if key not in own}),
        **{key: v for key, v in values.items() if key in own},
    )


def _refuse_unknown(table: object, known: set[str], name: str) -> None:
    """Refuse keys that no table of the name has; what is no table is refused as a value."""
    for key in table.keys() - known if isinstance(table, Mapping) else ():
        raise InvalidInputError(
            "{name} has no key {key!r}; {hint}", name=name, key=key, hint=nearest(key, known)
        )


def laid_over(lower: TrainSettings, upper: TrainSettings) -> TrainSettings:
    """Lay settings over others; of TRL's options each key by itself."""
    grpo = {**lower.fields.get("grpo", {}), **upper.fields.get("grpo", {})}
    return TrainSettings(
        model=lower.model if upper.model is None else upper.model,
        fields={**lower.fields, **upper.fields, "grpo": grpo},
        warmup=lower.warmup if upper.warmup is None else upper.warmup,
        seed=lower.seed if upper.seed is None else upper.seed,
    )


def spec_of_training(settings: TrainSettings, *, model: str, seed: int) -> TrainSpec:
    """Turn settings and the name of a start model into the specification of one run.

    Raises InvalidInputError for values that no training has, UnknownModelError for the name.
    """
    return TrainSpec(model=resolve(model), seed=seed, **settings.fields)
