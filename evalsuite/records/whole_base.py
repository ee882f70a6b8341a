"""The gain with all that is known of base, where trained answered a part of base's questions.

It stands beside the verdict and decides nothing. Fractions, never points; trained is minus base.
"""

from __future__ import annotations

from dataclasses import dataclass

from evalsuite.records.gains import GainRow, Interval

__all__ = ["WholeBase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBase(GainRow):
    """The regression estimate of the gain on the whole split.

    ``interval`` is for questions like these, ``exact`` its two-sided p-value of no gain.
    """

    n: int
    """Questions that both answered, on which the verdict rests."""
    n_whole: int
    """Questions that base answered."""
    base: float
    """Accuracy of base on the questions that both answered."""
    base_elsewhere: float
    """Accuracy of base on the questions that trained did not answer."""
    slope: float
    """How much trained's score goes up with base's on the same questions."""
    interval_on_split: Interval
    """For the very questions of this split, as these responses stand."""
    worth: int
    """Questions that both would have to answer for an interval of this width without the rest."""
    confidence_level: float
