"""Curves: the checkpoints of one training in order of step, and what they show together."""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison, GainRow, HeadlineSet
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.family import Group
from evalsuite.records.training import TrainingLog  # noqa: TC001  pydantic reads the annotation
from evalsuite.records.verdict import Check, Decision, Verdict  # noqa: TC001  pydantic reads the annotation

__all__ = ["Curve", "CurveComparison", "Fall", "StepRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall(GainRow):
    """The last checkpoint's accuracy minus that of an earlier one, on the same questions.

    The interval is a simultaneous band over all earlier checkpoints; ``exact`` is of this alone.
    """

    adjusted: float
    """Holm-adjusted over the earlier checkpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow(GainRow):
    """One checkpoint over base.

    The interval is a simultaneous band: those of all checkpoints hold at once. ``exact`` is of this
    checkpoint alone.
    """

    step: int
    trained: str
    adjusted: float
    """Holm-adjusted over the checkpoints."""
    reward: float | None = None
    """Mean training reward of the logged steps up to this one (`Curve.rewards_averaged` at most);
    None where no log tells."""
    decision: Decision | None = None
    """``improved`` or ``regressed`` where band and adjusted test establish it, else what the
    checkpoint's own verdict takes it back for, else ``inconclusive``; None where nothing was
    judged."""
    fall: Fall | None = None
    """The last checkpoint minus this one; None for the last itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Numbers over all checkpoints, at the headline budget, deciding grader."""

    base: str
    n_questions: int
    samples: int
    steps: tuple[StepRow, ...]
    """In order of step."""
    best: int
    """Position of the largest gain in ``steps``; its band stays honest about the picking."""
    luck: float
    """Gain that the best of these would show on average if none differed from base."""
    confidence_level: float
    """Of the bands: 1 - alpha, so that they decide."""
    rewards_averaged: int
    """Logged steps behind a reward, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveComparison(Group):
    """Everything the checkpoints of one training showed; written as ``results.json``."""

    schema: int = 2
    task: str
    headline_budget: int | None
    headline_set: HeadlineSet
    curve: Curve
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    training: TrainingLog | None = None
    """The log of the training; None where none was given or lies beside the checkpoints."""
    provenance: dict[str, Any] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...]
    """One a checkpoint, in order of step, each judged with Holm over all."""

    parts_name: ClassVar[str] = "checkpoints"

    def __post_init__(self) -> None:
        """Check that every step has its comparison, which a file from outside may break."""
        steps = len(self.curve.steps)
        if not 0 <= self.curve.best < steps or steps != len(self.comparisons):
            raise InvalidInputError(
                "a curve of {steps} steps with {n_comparisons} comparisons, the best at {best}; "
                "compare the checkpoints again",
                steps=steps,
                n_comparisons=len(self.comparisons),
                best=self.curve.best,
            )
