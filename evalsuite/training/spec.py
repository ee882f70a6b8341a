"""The specification of a training, made from the settings of a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.models.names import resolve
from evalsuite.records.training import HeldOut, TrainSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["train_spec"]

_NOT_OF_THE_RUN = ("model", "warmup")
"""A warm-up is done before, and changes which model this is."""


def train_spec(preset: Mapping[str, Any], *, model: str, seed: int) -> TrainSpec:
    """Turn the ``train`` section of a preset, and the name of a start model, into a specification.

    Raises InvalidInputError for values that no training has, UnknownModelError for the name.
    """
    options = {key: value for key, value in preset["train"].items() if key not in _NOT_OF_THE_RUN}
    if isinstance(options.get("heldout"), dict):
        options["heldout"] = HeldOut(**options["heldout"])
    return TrainSpec(model=resolve(model), seed=seed, **options)
