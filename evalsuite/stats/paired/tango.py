"""Tango's score interval: the default interval of the gain.

It inverts the score test, so it excludes 0 exactly when the asymptotic McNemar test rejects, and
it never shrinks to a point: with no discordant question it ends at -+ z^2 / (n + z^2). Losses,
gains and n are questions, n at least 1. Tango (1998), Statistics in Medicine 17, 891-908.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from scipy.special import ndtri

from evalsuite.records.comparison import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["score_interval", "tango_interval", "tango_score"]


def tango_score(gain: float, losses: int, gains: int, n: int) -> float:
    """Give the score statistic of a supposed gain: how many standard errors the data are above it.

    Equation 7 of Tango (1998), with the restricted maximum likelihood estimate q of the probability
    of a loss. Decreasing in ``gain``; infinite where the supposed gain allows no variation.
    """
    distance = gains - losses - n * gain
    b = -losses - gains + (2 * n - gains + losses) * gain
    c = -losses * gain * (1 - gain)
    root = math.sqrt(max(b * b - 8 * n * c, 0.0))
    # the two forms of the same root, each where it does not cancel
    q = (root - b) / (4 * n) if b <= 0 else (-2 * c / (b + root))
    variance = n * (2 * q + gain * (1 - gain))
    if variance <= 0 or distance == 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def tango_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Return every gain that the score test at 1 - confidence_level does not reject.

    Ends to the last few bits of a float; pinned at -1 when all are losses, at 1 when all are gains.
    """
    return score_interval(losses, gains, n, -float(ndtri((1 - confidence_level) / 2)))


# a comparison asks for the same interval about eight times: table, rows, decision, claims
@lru_cache(maxsize=4096)
def score_interval(losses: int, gains: int, n: int, z: float) -> Interval:
    """Return every gain whose score is at most ``z``, as a bound of several looks asks for."""
    estimate = (gains - losses) / n
    # the score falls from above z at -1 through 0 at the estimate to below -z at 1, so either side
    # of the estimate brackets exactly one end; all losses (all gains) leave no room on their side
    low = (
        -1.0
        if losses == n
        else _crossing(lambda gain: tango_score(gain, losses, gains, n) <= z, -1.0, estimate)
    )
    high = (
        1.0
        if gains == n
        else _crossing(lambda gain: tango_score(gain, losses, gains, n) < -z, estimate, 1.0)
    )
    return Interval(low=low, high=high)


def _crossing(claim: Callable[[float], bool], low: float, high: float) -> float:
    """Bisect for the point where a claim that is false at ``low`` becomes true before ``high``."""
    for _ in range(64):  # from a width of 2 to below the spacing of floats near 1
        middle = (low + high) / 2
        if claim(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2
