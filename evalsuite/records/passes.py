"""Passes: what several samples a question tell of more tries, and of single questions.

Gains, chances and interval ends are fractions, never points; trained is always minus base.
"""

from __future__ import annotations

from evalsuite.records.dataclass import dataclass
from evalsuite.records.gains import (
    GainDifference,
    GainRow,
    Interval,
)

__all__ = ["Passes", "SampledQuestion", "TriesRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriesRow(GainRow):
    """Both models with k tries a question, or by a vote over k answers.

    ``exact`` is the larger p-value of the sign-flip test and of Student's t over questions.
    """

    k: int
    base: float
    base_interval: Interval
    trained: float
    trained_interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledQuestion:
    """One question in all its samples."""

    id: str
    base: int
    """Right samples of base."""
    trained: int
    """Right samples of trained."""
    fixed: float
    """Chance that trained is right more often, not by luck of these samples; drawn towards what
    all questions show."""
    broken: float
    """Chance that it is right less often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """Chances to solve a question in k tries, from the samples of the comparison."""

    n_samples: int
    confidence_level: float
    tries: tuple[TriesRow, ...]
    """At 1, 2, 4, .. tries: at least one of k answers is right (pass@k)."""
    votes: tuple[TriesRow, ...] = ()
    """The answer given most often among k is right (maj@k); empty where not every answer was read
    by the deciding grader."""
    contrast: GainDifference
    """The gain in one try minus the gain in the most tries; ``exact`` is the larger p-value of the
    sign-flip test and of Student's t over questions."""
    crossing: tuple[int, int] | None
    """Tries between which the estimated curves cross last; None where they do not."""
    questions: tuple[SampledQuestion, ...]
    """Every question, in the order of the comparison."""

    @property
    def only_base(self) -> tuple[int, ...]:
        """Places of the questions that base solved in some sample and trained in none."""
        return tuple(i for i, q in enumerate(self.questions) if q.base and not q.trained)

    @property
    def only_trained(self) -> tuple[int, ...]:
        """Places of the questions that trained solved in some sample and base in none."""
        return tuple(i for i, q in enumerate(self.questions) if q.trained and not q.base)
