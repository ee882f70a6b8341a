"""Order of the answers: whether outcomes drift along it, which looks can't bear."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_gains

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["OrderTrend", "order_trend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTrend:
    """Whether what comes early differs from what comes late."""

    n: int
    correlation: float | None
    """Of an outcome with its position; above 0 where gains come late. None where all are alike."""
    pvalue: float
    """Two-sided: how often a shuffled order shows a trend at least as strong."""


def order_trend(outcomes: ArrayLike) -> OrderTrend:
    """Check whether outcomes drift along their order, as they do when it is sorted by difficulty.

    E-values and planned looks need an exchangeable order: every order of the questions as likely as
    any other. A trend speaks against that; its absence proves nothing, so shuffle all the same.

    Parameters
    ----------
    outcomes
        Trained minus base for each question, -1 .. 1, in the order they were answered.

    Returns
    -------
    OrderTrend
        By the permutation law of the correlation with position, normal for many questions.

    Raises
    ------
    InvalidInputError
        For an empty sequence or numbers beyond -1 .. 1.

    References
    ----------
    Pitman (1937), Supplement to JRSS 4, 225-232: the correlation under permutation.

    Examples
    --------
    >>> order_trend([1] * 10 + [0] * 20 + [-1] * 10).pvalue < 0.001
    True
    >>> order_trend([1, 0, -1, 0] * 10).pvalue > 0.5
    True
    """
    steps = as_gains(outcomes)
    n = len(steps)
    if np.ptp(steps) == 0:
        return OrderTrend(n=n, correlation=None, pvalue=1.0)
    correlation = float(np.corrcoef(np.arange(n), steps)[0, 1])
    # over all orders the correlation has mean 0 and variance 1 / (n - 1), whatever the outcomes
    score = abs(correlation) * math.sqrt(n - 1)
    return OrderTrend(n=n, correlation=correlation, pvalue=float(2 * ndtr(-score)))
