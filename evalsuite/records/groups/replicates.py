"""Replicates: trainings that stand together as the seeds of a recipe, and their manifests."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Any

from evalsuite.records.dataclass import dataclass

__all__ = ["RecipePlan", "SeedNames", "Training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a manifest says about one training run."""

    name: str
    folder: Path
    seed: int | None
    settings: dict[str, Any]
    """Everything that makes the recipe, by dotted name."""
    start: str | None
    """Hash or commit of the weights it started from."""
    weights: tuple[str, ...]
    versions: dict[str, str] = field(default_factory=dict)
    steps: int | None = None
    seconds: float | None = None
    unfinished: tuple[str, ...] = ()
    """Sibling folders ``seed-*`` that were started and have no manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedNames:
    """One recipe against one base, or two recipes seed by seed."""

    base: str
    """Name of the base model, or of the recipe it is."""
    trained: str
    seeds: tuple[int, ...]
    paired_by_seed: bool
    left_out: tuple[str, ...] = ()
    """Aliases of these recipes that were not asked for."""

    @property
    def bases(self) -> tuple[str, ...]:
        """The base of each seed; one for all where base is a single model."""
        if not self.paired_by_seed:
            return (self.base,)
        return tuple(f"{self.base}@{seed}" for seed in self.seeds)

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """The trained model of each seed."""
        return tuple(f"{self.trained}@{seed}" for seed in self.seeds)

    @property
    def names(self) -> tuple[str, ...]:
        """Every model once, bases first."""
        return (*self.bases, *self.checkpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipePlan:
    """The seeds of a recipe, and what their manifests say."""

    names: SeedNames
    trainings: tuple[Training | None, ...]
    """One a seed; None where there is no manifest."""
    base_trainings: tuple[Training | None, ...]
    """Likewise where base is a recipe; else empty."""
    settings: dict[str, Any]
    """What all seeds share."""
    differing: dict[str, list[Any]]
    """In what two recipes differ."""
