"""Bootstrap of the gain without a single draw: its law is known exactly.

Resampling questions redraws (losses, gains, rest) from a multinomial, so the resampled gain times
n is a sum of n steps of -1, 0 or +1. Its law is an n-fold convolution of three probabilities: no
seed, no number of resamples, no Monte Carlo error. The law is exact; the *method* is still poor
below about 200 questions, which the calibration tests show, and it has no width where no question
moved or all moved one way. Losses, gains and n are questions, n at least 1.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from evalsuite.records.comparison import Interval

__all__ = ["bca_interval", "gain_law", "percentile_interval"]


def gain_law(losses: int, gains: int, n: int) -> np.ndarray:
    """Give the exact bootstrap law of gains - losses: entry i of 2n + 1 is that of i - n.

    The coefficients of (l x^-1 + r + g x)^n with l, r, g the observed shares of losses, rest and
    gains, by repeated squaring.

    Examples
    --------
    >>> gain_law(0, 1, 2).round(4).tolist()
    [0.0, 0.0, 0.25, 0.5, 0.25]
    """
    step = np.array([losses, n - losses - gains, gains]) / n
    # direct convolution, not a Fourier transform: every term is positive, so the tails keep their
    # relative accuracy, and the square of n it costs is 75 ms at 30,000 questions
    law = np.ones(1)
    for bit in f"{n:b}":
        law = np.convolve(law, law)
        if bit == "1":
            law = np.convolve(law, step)
    return law


_SMALLEST = 1e-26
"""A probability whose loss moves no quantile: at two million questions, 1e-14 of all are lost."""


def _law_within(losses: int, gains: int, n: int) -> tuple[np.ndarray, int]:
    """Give the part of `gain_law` that holds all but 1e-14, and the gain of its first entry.

    Its length grows with the root of n, where the whole has 2n + 1 entries.
    """
    step = np.array([losses, n - losses - gains, gains]) / n
    law, first = np.ones(1), 0
    for bit in f"{n:b}":
        law, first = np.convolve(law, law), 2 * first
        if bit == "1":
            law, first = np.convolve(law, step), first - 1
        inside = np.flatnonzero(law > _SMALLEST)
        first += int(inside[0])
        law = law[inside[0] : inside[-1] + 1]
    return law, first


def percentile_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Give the percentile bootstrap interval of the gain."""
    tail = (1 - confidence_level) / 2
    law, first = _law_within(losses, gains, n)
    return _between(law, first, n, tail, 1 - tail)


def bca_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Give the bias-corrected and accelerated bootstrap interval of the gain.

    Efron (1987), Journal of the American Statistical Association 82, 171-185: bias correction from
    the exact law with ties counted half; acceleration from the jackknife, in closed form for values
    -1, 0, 1.
    """
    mean = (gains - losses) / n
    squares = losses + gains - n * mean**2
    if squares <= 1e-9:  # the jackknife has no spread, and no acceleration
        return Interval(low=mean, high=mean)
    law, first = _law_within(losses, gains, n)
    observed = gains - losses - first
    bias = float(ndtri(law[:observed].sum() + law[observed] / 2))
    cubes = gains * (1 - mean) ** 3 - losses * (1 + mean) ** 3 - (n - losses - gains) * mean**3
    acceleration = cubes / (6 * squares**1.5)
    z = float(ndtri((1 - confidence_level) / 2))
    low, high = (
        float(ndtr(bias + (bias + end) / (1 - acceleration * (bias + end)))) for end in (z, -z)
    )
    return _between(law, first, n, low, high)


def _between(law: np.ndarray, first: int, n: int, low: float, high: float) -> Interval:
    """Take the lattice quantiles inf{x: F(x) >= level}, as fractions of n."""
    cumulative = np.cumsum(law)
    slack = 1e-12  # rounding of the cumulative sum, far below any step that matters
    ends = [int(np.searchsorted(cumulative, level - slack)) for level in (low, high)]
    low_end, high_end = (min(end, len(law) - 1) + first for end in ends)
    return Interval(low=low_end / n, high=high_end / n)
