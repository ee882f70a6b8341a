"""The interval of one accuracy.

Two such intervals that overlap say nothing about the difference of two models that answered the
same questions; that is what ``difference_interval`` is for.
"""

from __future__ import annotations

from typing import Literal, cast

from scipy.special import betaincinv, ndtri

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_choice, check_count, check_level
from evalsuite.stats.binomial import clopper_pearson
from evalsuite.stats.paired.closed_form import wilson_interval

__all__ = ["ProportionInterval", "ProportionMethod", "proportion_interval"]

ProportionMethod = Literal["wilson", "clopper-pearson", "jeffreys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionInterval:
    """One accuracy with an interval; fractions."""

    successes: int
    n: int
    estimate: float
    low: float
    high: float
    method: ProportionMethod
    confidence_level: float


def proportion_interval(
    successes: int,
    n: int,
    *,
    method: ProportionMethod = "wilson",
    confidence_level: float = 0.95,
) -> ProportionInterval:
    """Estimate an accuracy, with an interval.

    Parameters
    ----------
    successes
        Questions answered correctly.
    n
        All questions, at least 1.
    method
        ``wilson`` [1]_ (default), ``clopper-pearson`` [2]_ (never below its level) or
        ``jeffreys`` [3]_ (ends pinned at 0 for no success and at 1 for n).
    confidence_level
        Between 0 and 1.

    Returns
    -------
    ProportionInterval

    Raises
    ------
    InvalidInputError
        For bad counts, more successes than questions, a bad level or method.

    References
    ----------
    .. [1] Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    .. [2] Clopper & Pearson (1934), Biometrika 26, 404-413.
    .. [3] Brown, Cai & DasGupta (2001), Statistical Science 16, 101-133.

    Examples
    --------
    Five of five correct is no proof of 100 percent:

    >>> round(proportion_interval(5, 5).low, 3)
    0.566
    """
    successes = check_count(successes, "successes")
    n = check_count(n, "n", minimum=1)
    if successes > n:
        raise InvalidInputError(
            "successes is {successes}, but there are only {n} questions; check the two counts",
            successes=successes,
            n=n,
        )
    level = check_level(confidence_level, "confidence_level")
    method = cast(
        "ProportionMethod",
        check_choice(method, "method", ("wilson", "clopper-pearson", "jeffreys")),
    )
    if method == "wilson":
        interval = wilson_interval(successes, n, -float(ndtri((1 - level) / 2)))
    elif method == "clopper-pearson":
        interval = clopper_pearson(successes, n, level)
    else:
        interval = _jeffreys(successes, n, level)
    return ProportionInterval(
        successes=successes,
        n=n,
        estimate=successes / n,
        low=interval.low,
        high=interval.high,
        method=method,
        confidence_level=level,
    )


def _jeffreys(successes: int, n: int, level: float) -> Interval:
    a, b, tail = successes + 0.5, n - successes + 0.5, (1 - level) / 2
    low = float(betaincinv(a, b, tail)) if successes else 0.0
    high = float(betaincinv(a, b, 1 - tail)) if successes < n else 1.0
    return Interval(low=low, high=high)
