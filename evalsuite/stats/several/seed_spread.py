"""How much a number differs between training seeds, and how little few seeds tell about that."""

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
    """Say how much a number differs between training seeds.

    Parameters
    ----------
    values
        One a seed.
    confidence_level
        Of the interval of the SD: sd sqrt((S - 1) / chi2), exact for a normal sample. With few
        seeds it is very wide.

    Returns
    -------
    Spread

    Examples
    --------
    >>> found = spread_of([0.649, 0.638, 0.606])
    >>> round(found.sd, 4), round(found.interval.low, 3), round(found.interval.high, 3)
    (0.0223, 0.012, 0.14)
    """
    n, found = len(values), np.asarray(values, dtype=float)
    sd = float(found.std(ddof=1)) if n > 1 else None
    interval = None
    if sd:
        tails = (1 - confidence_level) / 2, (1 + confidence_level) / 2
        low, high = (sd * math.sqrt((n - 1) / float(chdtri(n - 1, tail))) for tail in tails)
        interval = Interval(low=low, high=high)
    return Spread(
        n_seeds=n,
        mean=float(found.mean()),
        sd=sd,
        interval=interval,
        low=float(found.min()),
        high=float(found.max()),
    )
