"""Random subsets of a known split: what n of its questions show, and how often.

The full split's answers are fixed; only the draw is random, so every chance here is
hypergeometric and exact. It answers "with 5 questions this model scores anything from 0 to 60%".
Subsets overlap and are part of the split: no p-value over several of them exists here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_count, check_level
from evalsuite.stats.binomial import log_choose
from evalsuite.stats.planning.exact_power import critical_losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ScoreRange", "SubsetChances", "score_range", "subset_chances"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRange:
    """Where the score on n random questions falls for a model whose full score is known."""

    correct: int
    n_split: int
    n: int
    confidence_level: float
    low: int
    """Right answers; the range holds at least ``confidence_level`` of all subsets."""
    high: int

    @property
    def share(self) -> Interval:
        """The range as fractions of n."""
        return Interval(low=self.low / self.n, high=self.high / self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetChances:
    """What a random subset of n questions shows, when the full split's answer is known."""

    losses: int
    gains: int
    n_split: int
    n: int
    alpha: float
    shows_gain: float
    """Chance that trained scores higher on the subset."""
    shows_tie: float
    shows_loss: float
    significant_gain: float
    """Chance that the exact p is at most alpha and trained scores higher."""
    significant_loss: float


def score_range(
    correct: int, n_split: int, n: int, *, confidence_level: float = 0.95
) -> ScoreRange:
    """Return the range of right answers on n questions drawn from a split with a known score.

    The count is hypergeometric; the ends are its quantiles, inf{x: F(x) >= q}.

    Parameters
    ----------
    correct
        Right answers on the full split.
    n_split
        Questions in the split.
    n
        Questions drawn without replacement.
    confidence_level
        Share of subsets the range holds, at least.

    Returns
    -------
    ScoreRange
        In right answers.

    Raises
    ------
    InvalidInputError
        For counts that do not fit into each other.

    References
    ----------
    Johnson, Kemp & Kotz (2005), Univariate Discrete Distributions, 3rd edition, chapter 6.

    Examples
    --------
    >>> score = score_range(700, 1319, 20)
    >>> score.low, score.high
    (6, 15)
    """
    level = check_level(confidence_level, "confidence_level")
    n_split, n = _check_draw(n_split, n)
    correct = check_count(correct, "correct")
    if correct > n_split:
        raise InvalidInputError(
            "correct is {correct} of {n_split} questions; check n_split",
            correct=correct,
            n_split=n_split,
        )
    drawn = np.arange(max(0, n - (n_split - correct)), min(n, correct) + 1)
    logs = log_choose(correct, drawn) + log_choose(n_split - correct, n - drawn)
    cumulative = np.cumsum(np.exp(logs - log_choose(n_split, n)))
    tail = (1 - level) / 2
    # an equal quantile must not be missed by the rounding of a sum of up to n terms
    ends = np.searchsorted(cumulative, [tail - 1e-12, 1 - tail - 1e-12])
    low, high = (int(drawn[min(int(end), len(drawn) - 1)]) for end in ends)
    return ScoreRange(
        correct=correct, n_split=n_split, n=n, confidence_level=level, low=low, high=high
    )


def subset_chances(
    losses: int, gains: int, n_split: int, n: int, *, alpha: float = 0.05
) -> SubsetChances:
    """Return the chances of every impression that a random subset of a known run can leave.

    Losses and gains in the subset are multivariate hypergeometric; all combinations are summed.

    Parameters
    ----------
    losses, gains
        On the full split.
    n_split
        Questions in the split.
    n
        Questions drawn without replacement.
    alpha
        Level of the exact McNemar test on the subset.

    Returns
    -------
    SubsetChances
        The first three chances sum to 1.

    Raises
    ------
    InvalidInputError
        For counts that do not fit into each other.

    References
    ----------
    Johnson, Kotz & Balakrishnan (1997), Discrete Multivariate Distributions, chapter 39.

    Examples
    --------
    A true +17.4 points shows in 62% of all five-question subsets, and can never be told there:

    >>> chances = subset_chances(64, 293, 1319, 5)
    >>> round(chances.shows_gain, 2), chances.significant_gain
    (0.62, 0.0)
    """
    alpha = check_level(alpha, "alpha")
    n_split, n = _check_draw(n_split, n)
    losses, gains = check_count(losses, "losses"), check_count(gains, "gains")
    if losses + gains > n_split:
        raise InvalidInputError(
            "losses + gains is {total}, but there are only {n_split} questions",
            total=losses + gains,
            n_split=n_split,
        )
    lost, won = np.ogrid[: min(losses, n) + 1, : min(gains, n) + 1]
    law = _draw_law(lost, won, full=(losses, gains, n_split), n=n)
    # impossible pairs (lost + won > n) have no chance, but still need an entry
    critical = critical_losses(2 * n, alpha, "exact")[lost + won]
    rejects = np.minimum(lost, won) <= critical
    return SubsetChances(
        losses=losses,
        gains=gains,
        n_split=n_split,
        n=n,
        alpha=alpha,
        shows_gain=float(law[won > lost].sum()),
        shows_tie=float(law[won == lost].sum()),
        shows_loss=float(law[won < lost].sum()),
        significant_gain=float(law[rejects & (won > lost)].sum()),
        significant_loss=float(law[rejects & (won < lost)].sum()),
    )


def _check_draw(n_split: object, n: object) -> tuple[int, int]:
    split = check_count(n_split, "n_split", minimum=1)
    drawn = check_count(n, "n", minimum=1)
    if drawn > split:
        raise InvalidInputError(
            "n is {drawn}, but the split has {split} questions; lower n", drawn=drawn, split=split
        )
    return split, drawn


def _draw_law(
    lost: NDArray[np.int64], won: NDArray[np.int64], *, full: tuple[int, int, int], n: int
) -> NDArray[np.float64]:
    """Chance of each (lost, won) on n questions drawn from (losses, gains, n_split)."""
    losses, gains, n_split = full
    alike, drawn_alike = n_split - losses - gains, n - lost - won
    possible = (drawn_alike >= 0) & (drawn_alike <= alike)
    inside = np.clip(drawn_alike, 0, alike)
    logs = log_choose(losses, lost) + log_choose(gains, won) + log_choose(alike, inside)
    law = np.where(possible, np.exp(logs - log_choose(n_split, n)), 0.0)
    return np.asarray(law / law.sum())
