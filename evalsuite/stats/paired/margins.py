"""Equivalence within a margin, and non-inferiority: no difference, or no loss, worth having.

A large p-value never shows either; one-sided score tests at the ends of the margin do.
"""

from __future__ import annotations

from scipy.special import ndtr, stdtrit

from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_fraction, check_level, check_table
from evalsuite.stats.paired.tango import tango_interval, tango_score

__all__ = [
    "EquivalenceResult",
    "NonInferiorityResult",
    "equivalence",
    "non_inferiority",
    "t_widened",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceResult:
    """Two one-sided tests that the gain lies inside -margin .. margin."""

    losses: int
    gains: int
    n: int
    margin: float
    alpha: float
    estimate: float
    pvalue: float
    """The larger of the two one-sided p-values."""
    statistic_low: float
    """Standard errors by which the data are above -margin."""
    statistic_high: float
    """Standard errors by which the data are below +margin."""
    low: float
    """Of the Tango interval of level 1 - 2 alpha (90 percent for alpha .05)."""
    high: float
    confidence_level: float
    smallest_margin: float
    """The smallest margin these data would pass with."""

    @property
    def is_equivalent(self) -> bool:
        """Whether the interval lies inside the margin."""
        return -self.margin < self.low and self.high < self.margin


def equivalence(
    both: int, losses: int, gains: int, neither: int, *, margin: float, alpha: float = 0.05
) -> EquivalenceResult:
    """Test whether the gain is smaller than a margin, in either direction.

    Tango's score statistic at -margin and at +margin [1]_; equivalent exactly when the Tango
    interval of level 1 - 2 alpha lies inside the margin.

    Parameters
    ----------
    both, losses, gains, neither
        Questions both models answered correctly, only base, only trained, neither.
    margin
        Smallest difference that matters, set before looking; a fraction, 0.02 for 2 points.
    alpha
        Level of each one-sided test.

    Returns
    -------
    EquivalenceResult

    Raises
    ------
    InvalidInputError
        For bad counts, a margin of 0 or above 1, or a bad alpha.

    References
    ----------
    .. [1] Tango (1998), Statistics in Medicine 17, 891-908, section 4.

    Examples
    --------
    A hundred identical results do not prove a difference below 2 points:

    >>> result = equivalence(90, 0, 0, 10, margin=0.02)
    >>> result.is_equivalent, round(result.smallest_margin, 3)
    (False, 0.026)
    """
    table = check_table(both, losses, gains, neither)
    margin = check_fraction(margin, "margin")
    alpha = check_level(alpha, "alpha")
    above = tango_score(-margin, table.losses, table.gains, table.n)
    below = -tango_score(margin, table.losses, table.gains, table.n)
    level = 1 - 2 * alpha  # two one-sided tests at alpha are an interval of this level
    check_level(level, "1 - 2 alpha")
    interval = tango_interval(table.losses, table.gains, table.n, level)
    return EquivalenceResult(
        losses=table.losses,
        gains=table.gains,
        n=table.n,
        margin=margin,
        alpha=alpha,
        estimate=(table.gains - table.losses) / table.n,
        pvalue=float(ndtr(-min(above, below))),
        statistic_low=above,
        statistic_high=below,
        low=interval.low,
        high=interval.high,
        confidence_level=level,
        smallest_margin=max(-interval.low, interval.high),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NonInferiorityResult:
    """A one-sided test that trained is not worse than base by the margin or more."""

    losses: int
    gains: int
    n: int
    margin: float
    alpha: float
    estimate: float
    pvalue: float
    """One-sided."""
    statistic: float
    """Standard errors by which the data are above -margin."""
    low: float
    """Lower confidence bound of the gain, of level 1 - alpha; it has no upper end."""
    smallest_margin: float
    """The smallest margin these data would pass with; 0 or less where even a gain is shown."""

    @property
    def is_non_inferior(self) -> bool:
        """Whether the bound lies above -margin."""
        return -self.margin < self.low


def non_inferiority(
    both: int, losses: int, gains: int, neither: int, *, margin: float, alpha: float = 0.05
) -> NonInferiorityResult:
    """Test whether trained is worse than base by less than a margin.

    Tango's score statistic at -margin [1]_, [2]_; shown exactly when the lower end of the Tango
    interval of level 1 - 2 alpha lies above -margin. A gain of any size passes.

    Parameters
    ----------
    both, losses, gains, neither
        Questions both models answered correctly, only base, only trained, neither.
    margin
        Smallest loss that matters, set before looking; a fraction, 0.02 for 2 points.
    alpha
        Level of the one-sided test.

    Returns
    -------
    NonInferiorityResult

    Raises
    ------
    InvalidInputError
        For bad counts, a margin of 0 or above 1, or a bad alpha.

    References
    ----------
    .. [1] Tango (1998), Statistics in Medicine 17, 891-908, section 4.
    .. [2] Nam (1997), Biometrics 53, 1422-1430.

    Examples
    --------
    A gain of 1.1 points that is not established, and a loss of 2 points that can be ruled out:

    >>> result = non_inferiority(500, 70, 85, 664, margin=0.02)
    >>> result.is_non_inferior, round(result.low, 4), f"{result.pvalue:.1e}"
    (True, -0.0042, '5.4e-04')
    """
    same = equivalence(both, losses, gains, neither, margin=margin, alpha=alpha)
    return NonInferiorityResult(
        losses=same.losses,
        gains=same.gains,
        n=same.n,
        margin=same.margin,
        alpha=same.alpha,
        estimate=same.estimate,
        pvalue=float(ndtr(-same.statistic_low)),
        statistic=same.statistic_low,
        low=same.low,
        smallest_margin=-same.low,
    )


def t_widened(
    interval: Interval, estimate: float, level: float, wanted: float, freedom: int
) -> Interval:
    """Return the interval of another level from one of Student's with ``freedom`` degrees."""
    if freedom < 1:
        return Interval(low=-1.0, high=1.0)
    factor = float(stdtrit(freedom, (1 + wanted) / 2) / stdtrit(freedom, (1 + level) / 2))
    return Interval(
        low=max(-1.0, estimate - factor * (estimate - interval.low)),
        high=min(1.0, estimate + factor * (interval.high - estimate)),
    )
