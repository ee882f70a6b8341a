"""Law of T (2B - 1) for independent beta variables: a gain as size times direction.

T is the share of questions on which the models differ, B the share of those that are gains. Both
the Fay-Lumbard interval and the Dirichlet posterior are quantiles of such a product; they are
found by quadrature and root search, without draws.

Fay-Lumbard never contradicts the exact McNemar p-value, and pays for it in width: it melds the
Clopper-Pearson beta laws of the discordance and of the share of gains, always taking the worse of
the two laws of the discordance.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaincc, betaincinv, betaln

from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.quadrature import NODES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Beta", "fay_lumbard_interval", "product_cdf", "product_quantile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """A beta law; a = 0 is the point 0 and b = 0 the point 1."""

    a: float
    b: float

    @property
    def point(self) -> float | None:
        """The one value of a degenerate law."""
        if self.a == 0:
            return 0.0
        return 1.0 if self.b == 0 else None


def product_quantile(level: float, size: Beta, share: Beta) -> float:
    """Return the value, to 1e-10, that T (2B - 1) stays at or below with probability ``level``."""
    if size.point == 0:
        return 0.0
    if share.point is not None:
        return _scaled_size_quantile(level, size, share.point)
    if size.point == 1:
        return 2 * float(betaincinv(share.a, share.b, level)) - 1
    low, high = _span(size, share)
    return _root(lambda value: product_cdf(value, size, share) - level, low, high)


def product_cdf(value: float, size: Beta, share: Beta) -> float:
    """Return the probability that T (2B - 1) is at most ``value``, in -1 .. 1.

    For laws with a density: a, b >= 1.
    """
    if abs(value) >= 1:
        return float(value > 0)
    if value == 0:
        return float(betainc(share.a, share.b, 0.5))
    t, weights = _quadrature(size, abs(value))
    at = np.clip((1 + value / t) / 2, 0.0, 1.0)
    if value < 0:
        return float(weights @ betainc(share.a, share.b, at))
    return 1 - float(weights @ betaincc(share.a, share.b, at))


def _scaled_size_quantile(level: float, size: Beta, share: float) -> float:
    if size.point is not None:
        return 2 * share - 1
    if share == 1:
        return float(betaincinv(size.a, size.b, level))
    return -float(betaincinv(size.a, size.b, 1 - level))


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Find where a rising function is 0: false position, doubting a side that stays (Illinois)."""
    at_low, at_high = rises(low), rises(high)
    # beyond about 99.99% ten standard deviations are too few: the tail of a beta law with few
    # discordant questions falls like e^-x, so the bracket widens to the end of the scale
    if at_low > 0:
        low, at_low, high, at_high = -1.0, rises(-1.0), low, at_low
    elif at_high < 0:
        low, at_low, high, at_high = high, at_high, 1.0, rises(1.0)
    value = low if at_low >= 0 else high
    if at_low >= 0 or at_high <= 0:
        return value
    moved = 0
    for _ in range(100):
        value = (low * at_high - high * at_low) / (at_high - at_low)
        at = rises(value)
        if abs(at) < 1e-13:  # the quadrature itself is not better
            break
        side = -1 if at < 0 else 1
        doubt = 0.5 if side == moved else 1.0
        if side < 0:
            low, at_low, at_high = value, at, at_high * doubt
        else:
            high, at_high, at_low = value, at, at_low * doubt
        moved = side
    return value


def _span(size: Beta, share: Beta) -> tuple[float, float]:
    """Return the mean of T (2B - 1) less and plus ten standard deviations, a first bracket."""
    t, t_variance = _moments(size)
    b, b_variance = _moments(share)
    d, d_variance = 2 * b - 1, 4 * b_variance
    spread = 10 * math.sqrt(t_variance * d * d + d_variance * t * t + t_variance * d_variance)
    return max(t * d - spread, -1.0), min(t * d + spread, 1.0)


def _moments(law: Beta) -> tuple[float, float]:
    total = law.a + law.b
    mean = law.a / total
    return mean, mean * (1 - mean) / (total + 1)


def _quadrature(size: Beta, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for an integral over the density of T from ``start`` up."""
    low = max(start, float(betaincinv(size.a, size.b, 1e-15)))
    high = max(low, float(1 - betaincinv(size.b, size.a, 1e-15)))
    half = (high - low) / 2
    # 128 nodes give 1e-10: a beta density over the range that holds all but 2e-15 of it is smooth
    t = low + half * (1 + NODES)
    logs = (size.a - 1) * np.log(t) + (size.b - 1) * np.log1p(-t) - betaln(size.a, size.b)
    return t, WEIGHTS * half * np.exp(logs)


def fay_lumbard_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Return the interval that agrees with the exact McNemar test.

    It excludes 0 exactly when that test rejects at 1 - confidence_level. Fay & Lumbard (2021),
    Statistics in Medicine 40, 1147-1159, doi 10.1002/sim.8829; the R package exact2x2 has it as
    ``mcnemarExactDP``.
    """
    tail = (1 - confidence_level) / 2
    m = losses + gains
    # Clopper-Pearson's two beta laws of m; which of them is the worse depends on the gain's sign
    sizes = (Beta(a=m, b=n - m + 1), Beta(a=m + 1, b=n - m))
    # and of the share of gains: the lower law for the low end, the upper for the high end, so that
    # an end changes its sign exactly where the exact test, which has these tails, rejects
    fewest_gains, most_gains = Beta(a=gains, b=losses + 1), Beta(a=gains + 1, b=losses)
    low = min(product_quantile(tail, size, fewest_gains) for size in sizes)
    high = max(product_quantile(1 - tail, size, most_gains) for size in sizes)
    return Interval(low=low, high=high)
