"""Tests of equal accuracy for two models that answered the same questions.

Only questions on which the models differ carry information; the tests here take their two
counts. They do not know how large the difference is (see ``difference``) and they do not know
several samples a question (see ``clusters``).
"""

from __future__ import annotations

import math
import sys
from typing import Literal

import numpy as np
from scipy.special import betainc

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_choice, check_count
from evalsuite.stats.binomial import clopper_pearson, pmf

__all__ = ["McNemarMethod", "McNemarResult", "mcnemar", "mcnemar_unconditional"]

McNemarMethod = Literal["exact", "mid-p", "asymptotic", "corrected", "unconditional"]

SMALLEST_PVALUE = sys.float_info.min
"""Reported for anything smaller (2.2e-308): a p-value is never 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemarResult:
    """A test of equal accuracy on paired answers."""

    losses: int
    """Questions only the base model answered correctly."""
    gains: int
    """Questions only the trained model answered correctly."""
    estimate: float | None
    """Share of the discordant questions that are gains; None without discordant questions."""
    pvalue: float
    """Two-sided."""
    statistic: float | None
    """Chi-square of one degree of freedom; None for the tests that enumerate."""
    method: McNemarMethod

    @property
    def discordant(self) -> int:
        """Questions on which the two models differ."""
        return self.losses + self.gains


def mcnemar(
    losses: int,
    gains: int,
    *,
    method: Literal["exact", "mid-p", "asymptotic", "corrected"] = "exact",
) -> McNemarResult:
    """Test whether two models answer equally many questions correctly.

    Given that the models differ on m = losses + gains questions, equal accuracy makes each of
    them a fair coin flip [1]_. ``exact`` sums the binomial tail twice and never exceeds its
    alpha; ``mid-p`` counts half of the observed table [2]_ and exceeds it slightly only when
    nearly all questions are discordant; ``asymptotic`` and ``corrected`` (Edwards 1948) are
    shown as cross-checks and decide nothing. With no discordant question the p-value is 1:
    the comparison is untestable, not perfect.

    Parameters
    ----------
    losses, gains
        Questions only the base (only the trained) model answered correctly.
    method
        Which test.

    Returns
    -------
    McNemarResult
        With the two-sided ``pvalue``; never below 2.2e-308.

    Raises
    ------
    InvalidInputError
        For a count that is negative or no integer, and an unknown method.

    References
    ----------
    .. [1] McNemar (1947), Psychometrika 12, 153-157.
    .. [2] Fagerland, Lydersen & Laake (2013), BMC Medical Research Methodology 13:91.

    Examples
    --------
    Five gains and no loss cannot establish anything, six can:

    >>> mcnemar(0, 5).pvalue
    0.0625
    >>> mcnemar(0, 6).pvalue
    0.03125
    >>> mcnemar(0, 0).pvalue
    1.0
    """
    losses = check_count(losses, "losses")
    gains = check_count(gains, "gains")
    check_choice(method, "method", ("exact", "mid-p", "asymptotic", "corrected"))
    statistic = None
    if method == "exact":
        pvalue = _exact(losses, gains)
    elif method == "mid-p":
        pvalue = _mid_p(losses, gains)
    else:
        statistic = _chi_square(losses, gains, corrected=method == "corrected")
        pvalue = math.erfc(math.sqrt(statistic / 2))
    return _result(losses, gains, pvalue, statistic, method)


def mcnemar_unconditional(losses: int, gains: int, n: int, *, gamma: float = 0.0) -> McNemarResult:
    """Test equal accuracy exactly without conditioning on the number of discordant questions.

    Tables are ordered by (gains - losses)^2 / (gains + losses); the p-value is the largest
    probability, over every discordance rate, of a table at least as extreme [1]_. With
    ``gamma`` above 0 the rate is searched in its 1 - gamma Clopper-Pearson interval only and
    gamma is added [2]_, as the R package contingencytables does with 0.0001.

    Parameters
    ----------
    losses, gains
        Questions only the base (only the trained) model answered correctly.
    n
        All questions.
    gamma
        Berger-Boos correction; 0 searches the whole range.

    Returns
    -------
    McNemarResult
        With method ``"unconditional"``. The supremum is found to about 1e-7.

    Raises
    ------
    InvalidInputError
        For bad counts, losses + gains above n, or gamma outside 0 to 1.

    References
    ----------
    .. [1] Suissa & Shuster (1991), Biometrics 47, 361-372.
    .. [2] Berger & Sidik (2003), Statistical Methods in Medical Research 12, 91-108.

    Examples
    --------
    >>> round(mcnemar_unconditional(7, 1, 21).pvalue, 5)
    0.03532
    """
    losses = check_count(losses, "losses")
    gains = check_count(gains, "gains")
    n = check_count(n, "n", minimum=1)
    if losses + gains > n:
        raise InvalidInputError(
            "losses + gains is {total}, but there are only {n} questions; check n",
            total=losses + gains,
            n=n,
        )
    if not 0 <= gamma < 1:
        raise InvalidInputError(
            "gamma is {gamma!r}, but it must lie in 0 to 1; pass 0 or 0.0001", gamma=gamma
        )
    if losses == gains:
        return _result(losses, gains, 1.0, None, "unconditional")
    rates = (0.0, 1.0)
    if gamma > 0:
        limits = clopper_pearson(losses + gains, n, 1 - gamma)
        rates = (limits.low, limits.high)
    pvalue = min(1.0, _largest_tail(_tails(losses, gains, n), rates) + gamma)
    return _result(losses, gains, pvalue, None, "unconditional")


def _result(
    losses: int, gains: int, pvalue: float, statistic: float | None, method: McNemarMethod
) -> McNemarResult:
    m = losses + gains
    return McNemarResult(
        losses=losses,
        gains=gains,
        estimate=gains / m if m else None,
        pvalue=max(pvalue, SMALLEST_PVALUE),
        statistic=statistic,
        method=method,
    )


def _exact(losses: int, gains: int) -> float:
    fewer, m = min(losses, gains), losses + gains
    if abs(gains - losses) <= 1:  # half of the coin flips or more, exactly
        return 1.0
    return min(1.0, 2 * float(betainc(m - fewer, fewer + 1, 0.5)))


def _mid_p(losses: int, gains: int) -> float:
    m = losses + gains
    if m == 0:
        return 1.0  # the formula gives .5: half of a certain table
    observed = float(pmf(min(losses, gains), m, 0.5))
    if losses == gains:
        return 1 - observed / 2
    return _exact(losses, gains) - observed


def _chi_square(losses: int, gains: int, *, corrected: bool) -> float:
    difference = abs(gains - losses)
    if corrected:
        difference = max(difference - 1, 0)
    return difference**2 / (losses + gains) if losses + gains else 0.0


def _tails(losses: int, gains: int, n: int) -> np.ndarray:
    """Chance, for each number of discordant questions 0..n, of a table as extreme as ours."""
    m = np.arange(n + 1)
    # k or fewer on one side: (m - 2k)^2 / m >= (gains - losses)^2 / (gains + losses), ties kept
    threshold = np.sqrt(m * (gains - losses) ** 2 / (gains + losses))
    fewer = np.floor((m - threshold) / 2 + 1e-9).astype(int)
    reached = (fewer >= 0) & (m > 0)
    tails = np.zeros(n + 1)
    tails[reached] = 2 * betainc((m - fewer)[reached], (fewer + 1)[reached], 0.5)
    return np.minimum(tails, 1.0)


def _largest_tail(tails: np.ndarray, rates: tuple[float, float]) -> float:
    """Maximise sum_m Bin(m; n, rate) tails[m] over the rate: a grid, then finer around its best."""
    # the sum has a bump of width 1 / sqrt(n) for each number of losses that rejects: a grid first,
    # since a search downhill would stop in the nearest; each turn narrows it a hundredfold
    n = len(tails) - 1
    low, high = rates
    best = 0.0
    for _ in range(4):
        grid = np.linspace(low, high, 401)
        values = pmf(np.arange(n + 1), n, grid[:, np.newaxis]) @ tails
        top = int(values.argmax())
        best = max(best, float(values[top]))
        low, high = grid[max(top - 2, 0)], grid[min(top + 2, 400)]
    return best
