"""Decodings beside the headline's: the same pair on the same questions, asked another way.

Accuracies, gains and interval ends are fractions, never points; trained is always minus base.
"""

from __future__ import annotations

from dataclasses import dataclass

from evalsuite.records.gains import CountedRow, GainDifference

__all__ = ["DecodingRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingRow(CountedRow):
    """The comparison under another decoding, at the headline budget."""

    temperature: float | None
    """The higher one of both sides; None where a log does not tell."""
    top_p: float | None
    seed: int | None
    samples: int
    """Samples a question; 1 for greedy decoding."""
    n: int
    """Answers of each model: questions x samples."""
    base: float
    trained: float
    same_models: bool | None
    """Whether both sides are the headline's weights; None where that is not recorded. Other weights
    are refused."""
    difference: GainDifference
    """This gain minus the headline's, of the means over samples, Holm-adjusted over the decodings
    beside it."""
