"""Clusters: what questions with several samples or partial scores say, the question as the unit."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Clusters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """What questions with several samples say; the same however the samples are numbered.

    The interval of the gain is Student's on the questions with one pseudo-loss and one pseudo-gain
    added; it follows at any level from ``center``, ``standard_error`` and ``degrees_of_freedom``.
    """

    better: int
    """Questions on which more of trained's samples are right than of base's, as shares."""
    worse: int
    same: int
    gains: float
    """Questions that only trained answers, in expectation over one sample of each model; of scores
    between 0 and 1 the points gained on questions that went up."""
    losses: float
    """The same for base; gains minus losses over all questions is the gain."""
    center: float
    standard_error: float
    degrees_of_freedom: int
    pvalue: float
    """Two-sided, Student's t: at most alpha where the interval of level 1 - alpha leaves out 0."""

    skewness: float | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the questions' differences with the two pseudo-questions: claims about a margin allow for
    it. None in files from before it was recorded."""

    @property
    def changed(self) -> int:
        """Questions on which the models differ on average."""
        return self.better + self.worse
