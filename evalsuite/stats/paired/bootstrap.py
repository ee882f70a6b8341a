"""Law of the gain of n questions, and its bootstrap without a single draw.

Resampling questions redraws (losses, gains, rest) from a multinomial, so the resampled gain times
n is a sum of n steps of -1, 0 or +1. Its law is an n-fold convolution of three probabilities: no
seed, no number of resamples, no Monte Carlo error. The law is exact; the *method* is still poor
below about 200 questions, which the calibration tests show, and it has no width where no question
moved or all moved one way. Losses, gains and n are questions, n at least 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from evalsuite.records.comparison import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["bca_interval", "gain_law", "gain_range", "percentile_interval"]


_SMALLEST = 1e-26
"""A probability whose loss moves no quantile: at two million questions, 1e-14 of all are lost."""


def gain_law(shares: Sequence[float], n: int) -> tuple[np.ndarray, int]:
    """Give the law of gains - losses over n independent questions, and the gain of its first entry.

    ``shares`` are those of losses, rest and gains: the coefficients of (l x^-1 + r + g x)^n, by
    repeated squaring. All but 1e-14 of the law is given, so its length grows with the root of n,
    where the whole has 2n + 1 entries.

    Examples
    --------
    >>> law, first = gain_law([0.0, 0.5, 0.5], 2)
    >>> law.round(4).tolist(), first
    ([0.25, 0.5, 0.25], 0)
    """
    # direct convolution, not a Fourier transform: every term is positive, so the tails keep their
    # relative accuracy
    step = np.asarray(shares)
    law, first = np.ones(1), 0
    for bit in f"{n:b}":
        law, first = np.convolve(law, law), 2 * first
        if bit == "1":
            law, first = np.convolve(law, step), first - 1
        inside = np.flatnonzero(law > _SMALLEST)
        first += int(inside[0])
        law = law[inside[0] : inside[-1] + 1]
    return law, first


def gain_range(p_loss: float, p_gain: float, n: int, *, level: float = 0.95) -> Interval:
    """Return the range that holds the gain of an n-question run with probability ``level``.

    ``p_loss`` and ``p_gain`` are the chances that a question is answered correctly by base only and
    by trained only. At most half of 1 - ``level`` is left out on either side. The ends are
    fractions, multiples of 1/n.

    Examples
    --------
    Two equal models that differ on 20% of the questions, five questions:

    >>> gain_range(0.1, 0.1, 5)
    Interval(low=-0.4, high=0.4)
    """
    tail = (1 - level) / 2
    law, first = gain_law([p_loss, 1 - p_loss - p_gain, p_gain], n)
    return _between(law, first, n, tail, 1 - tail)


def percentile_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Return the percentile bootstrap interval of the gain."""
    tail = (1 - confidence_level) / 2
    law, first = gain_law(_shares(losses, gains, n), n)
    return _between(law, first, n, tail, 1 - tail)


def bca_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Return the bias-corrected and accelerated bootstrap interval of the gain.

    Efron (1987), Journal of the American Statistical Association 82, 171-185: bias correction from
    the exact law with ties counted half; acceleration from the jackknife, in closed form for values
    -1, 0, 1.
    """
    mean = (gains - losses) / n
    squares = losses + gains - n * mean**2
    if squares <= 1e-9:  # the jackknife has no spread, and no acceleration
        return Interval(low=mean, high=mean)
    law, first = gain_law(_shares(losses, gains, n), n)
    observed = gains - losses - first
    bias = float(ndtri(law[:observed].sum() + law[observed] / 2))
    cubes = gains * (1 - mean) ** 3 - losses * (1 + mean) ** 3 - (n - losses - gains) * mean**3
    acceleration = cubes / (6 * squares**1.5)
    z = float(ndtri((1 - confidence_level) / 2))
    low, high = (
        float(ndtr(bias + (bias + end) / (1 - acceleration * (bias + end)))) for end in (z, -z)
    )
    return _between(law, first, n, low, high)


def _shares(losses: int, gains: int, n: int) -> list[float]:
    return [losses / n, (n - losses - gains) / n, gains / n]


def _between(law: np.ndarray, first: int, n: int, low: float, high: float) -> Interval:
    """Take the lattice quantiles inf{x: F(x) >= level}, as fractions of n."""
    cumulative = np.cumsum(law)
    slack = 1e-12  # rounding of the cumulative sum, far below any step that matters
    ends = [int(np.searchsorted(cumulative, level - slack)) for level in (low, high)]
    low_end, high_end = (min(end, len(law) - 1) + first for end in ends)
    return Interval(low=low_end / n, high=high_end / n)
