"""Spread of a number between training seeds, and how little few seeds tell about it.

`Spread` stays a record because ``results.json`` is read back into it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtri

from evalsuite.records.comparison import Interval
from evalsuite.records.recipe import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["spread_of"]


def spread_of(values: Sequence[float], *, confidence_level: float = 0.95) -> Spread:
    """Say how much a number differs between training seeds, one value a seed.

    The interval of the SD is sd sqrt((S - 1) / chi2), exact for a normal sample; with few seeds it
    is very wide. One seed has no SD, and seeds that agree have no interval.

    Examples
    --------
    >>> spread = spread_of([0.649, 0.638, 0.606])
    >>> round(spread.sd, 4), round(spread.interval.low, 3), round(spread.interval.high, 3)
    (0.0223, 0.012, 0.14)
    """
    n, numbers = len(values), np.asarray(values, dtype=float)
    sd = float(numbers.std(ddof=1)) if n > 1 else None
    interval = None
    if sd:
        tails = (1 - confidence_level) / 2, (1 + confidence_level) / 2
        low, high = (sd * math.sqrt((n - 1) / float(chdtri(n - 1, tail))) for tail in tails)
        interval = Interval(low=low, high=high)
    return Spread(
        n_seeds=n,
        mean=float(numbers.mean()),
        sd=sd,
        interval=interval,
        low=float(numbers.min()),
        high=float(numbers.max()),
    )
