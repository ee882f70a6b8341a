"""Tango's score interval: the default interval of the gain.

It inverts the score test, so it excludes 0 exactly when the asymptotic McNemar test rejects, and
it never shrinks to a point: with no discordant question it ends at -+ z^2 / (n + z^2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import ndtri

from evalsuite.records.comparison import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["tango_interval", "tango_score"]


def tango_score(gain: float, losses: int, gains: int, n: int) -> float:
    """Give the score statistic of a supposed gain: how many standard errors the data are above it.

    Equation 7 of Tango (1998), with the restricted maximum likelihood estimate q of the
    probability of a loss [1]_.

    Parameters
    ----------
    gain
        The supposed gain, -1 .. 1.
    losses, gains, n
        Questions only base, only trained answered correctly; all questions (at least 1).

    Returns
    -------
    float
        Decreasing in ``gain``; infinite where the supposed gain allows no variation.

    References
    ----------
    .. [1] Tango (1998), Statistics in Medicine 17, 891-908.
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
    """Give every gain that the score test at 1 - confidence_level does not reject.

    Parameters
    ----------
    losses, gains, n
        Questions only base, only trained answered correctly; all questions (at least 1).
    confidence_level
        Between 0 and 1.

    Returns
    -------
    Interval
        Ends to the last few bits of a float; pinned at -1 when all are losses, 1 when all gains.
    """
    z = -float(ndtri((1 - confidence_level) / 2))
    estimate = (gains - losses) / n
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


def _crossing(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Bisect for the point where a claim that is false at ``low`` becomes true before ``high``."""
    for _ in range(64):  # from a width of 2 to below the spacing of floats near 1
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2
