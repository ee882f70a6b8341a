"""Ratios of paired results, secondary to the gain.

"Twice as good" is the usual way to make 1 of 5 against 2 of 5 sound like something: the interval
of that ratio is 0.41 to 10.6.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, cast

from scipy.special import ndtri

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_choice, check_count, check_level, check_table
from evalsuite.stats.binomial import clopper_pearson, mid_p_interval
from evalsuite.stats.paired.closed_form import wilson_interval

if TYPE_CHECKING:
    from evalsuite.records.comparison import Table

__all__ = ["RatioInterval", "discordant_odds_ratio", "relative_risk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioInterval:
    """A ratio with an interval; None stands for an infinite value."""

    numerator: int
    denominator: int
    estimate: float | None
    low: float
    high: float | None
    method: str
    confidence_level: float


def discordant_odds_ratio(
    losses: int,
    gains: int,
    *,
    method: Literal["clopper-pearson", "mid-p"] = "clopper-pearson",
    confidence_level: float = 0.95,
) -> RatioInterval:
    """Estimate how many questions training fixed for each one it broke.

    Given m = losses + gains, gains is binomial; the limits L, U of its share give L / (1 - L)
    and U / (1 - U).

    Parameters
    ----------
    losses, gains
        Questions only the base (only the trained) model answered correctly; not both 0.
    method
        ``clopper-pearson`` or the shorter ``mid-p``.
    confidence_level
        Between 0 and 1.

    Returns
    -------
    RatioInterval
        Estimate and high end are None (infinite) without losses.

    Raises
    ------
    InvalidInputError
        For bad inputs, and where no question is discordant.

    References
    ----------
    Fagerland, Lydersen & Laake (2014), Statistics in Medicine 33, 2850-2875.

    Examples
    --------
    >>> ratio = discordant_odds_ratio(64, 293)
    >>> round(ratio.estimate, 1), round(ratio.low, 1), round(ratio.high, 1)
    (4.6, 3.5, 6.1)
    """
    losses = check_count(losses, "losses")
    gains = check_count(gains, "gains")
    level = check_level(confidence_level, "confidence_level")
    check_choice(method, "method", ("clopper-pearson", "mid-p"))
    if losses + gains == 0:
        raise InvalidInputError(
            "losses and gains are both 0, so the ratio is undefined; report the gain instead"
        )
    share = (clopper_pearson if method == "clopper-pearson" else mid_p_interval)(
        gains, losses + gains, level
    )
    return RatioInterval(
        numerator=gains,
        denominator=losses,
        estimate=gains / losses if losses else None,
        low=share.low / (1 - share.low),
        high=share.high / (1 - share.high) if share.high < 1 else None,
        method=method,
        confidence_level=level,
    )


def relative_risk(
    both: int,
    losses: int,
    gains: int,
    neither: int,
    *,
    method: Literal["tang", "bonett-price"] = "tang",
    confidence_level: float = 0.95,
) -> RatioInterval:
    """Estimate the accuracy of trained as a multiple of the accuracy of base.

    Parameters
    ----------
    both, losses, gains, neither
        Questions both models answered correctly, only base, only trained, neither.
    method
        ``tang`` inverts the score test [1]_; ``bonett-price`` divides two Wilson intervals
        whose normal quantile is reduced for the pairing [2]_.
    confidence_level
        Between 0 and 1.

    Returns
    -------
    RatioInterval
        Estimate and high end are None (infinite) where base has no correct answer.

    Raises
    ------
    InvalidInputError
        For bad inputs, and where neither model has a correct answer.

    References
    ----------
    .. [1] Tang, Tang & Chan (2003), Statistics in Medicine 22, 1217-1233.
    .. [2] Bonett & Price (2006), Statistics in Medicine 25, 3039-3047.

    Examples
    --------
    1 of 5 to 2 of 5 is no doubling anyone could vouch for:

    >>> ratio = relative_risk(1, 0, 1, 3)
    >>> round(ratio.low, 2), round(ratio.high, 1)
    (0.41, 10.6)
    """
    table = check_table(both, losses, gains, neither)
    level = check_level(confidence_level, "confidence_level")
    method = cast(
        "Literal['tang', 'bonett-price']", check_choice(method, "method", ("tang", "bonett-price"))
    )
    base, trained = table.both + table.losses, table.both + table.gains
    if base + trained == 0:
        raise InvalidInputError(
            "neither model answered a question correctly, so the ratio is undefined; "
            "report the gain instead"
        )
    z = -float(ndtri((1 - level) / 2))
    low, high = (_tang if method == "tang" else _hybrid_wilson)(table, z)
    return RatioInterval(
        numerator=trained,
        denominator=base,
        estimate=trained / base if base else None,
        low=low,
        high=high,
        method=method,
        confidence_level=level,
    )


def tang_score(ratio: float, table: Table) -> float:
    """Return the score statistic of a supposed ratio of accuracies (trained / base), above 0.

    How many standard errors the data are above it; decreasing in ``ratio``.
    """
    n, right = table.n, table.both + table.losses + table.gains
    base, trained = table.both + table.losses, table.both + table.gains
    a = n * (1 + ratio)
    b = base * ratio**2 - (trained + 2 * table.losses)
    c = table.losses * (1 - ratio) * right / n
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    # the two forms of the same root, each where it does not cancel
    q = (root - b) / (2 * a) if b <= 0 else -2 * c / (b + root)
    variance = n * ((1 + ratio) * q + right * (ratio - 1) / n)
    distance = trained - base * ratio
    if variance <= 0 or distance == 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def _tang(table: Table, z: float) -> tuple[float, float | None]:
    base, trained = table.both + table.losses, table.both + table.gains
    low = 0.0 if trained == 0 else _ratio_at(z, table)
    high = None if base == 0 else _ratio_at(-z, table)
    return low, high


def _ratio_at(score: float, table: Table) -> float:
    """Bisect, on the log scale, for the ratio with a given score."""
    # e^40 is beyond every ratio of two counts below 1e17; on this scale 64 halvings end at 1e-18
    low, high = -40.0, 40.0
    for _ in range(64):
        middle = (low + high) / 2
        if tang_score(math.exp(middle), table) > score:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def _hybrid_wilson(table: Table, z: float) -> tuple[float, float | None]:
    right = table.both + table.losses + table.gains
    base, trained = table.both + table.losses, table.both + table.gains
    pairing = math.sqrt((table.losses + table.gains + 2) / ((trained + 1) * (base + 1)))
    spreads = sum(
        math.sqrt((1 - (count + 1) / (right + 2)) / (count + 1)) for count in (base, trained)
    )
    of_base = wilson_interval(base, right, pairing / spreads * z)
    of_trained = wilson_interval(trained, right, pairing / spreads * z)
    high = of_trained.high / of_base.low if of_base.low > 0 else None
    return of_trained.low / of_base.high, high
