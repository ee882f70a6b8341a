"""The Fay-Lumbard interval: never contradicts the exact McNemar p-value, and pays for it in width.

It melds the Clopper-Pearson beta laws of the discordance and of the share of gains, always
taking the worse of the two laws of the discordance.
"""

from __future__ import annotations

from evalsuite.records.comparison import Interval
from evalsuite.stats.paired.product_law import Beta, product_quantile

__all__ = ["fay_lumbard_interval"]


def fay_lumbard_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Give the interval that agrees with the exact McNemar test.

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
