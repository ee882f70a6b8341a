"""Law of a run's gain over n independent questions, exact, without draws."""

from __future__ import annotations

import numpy as np

from evalsuite.records.gains import Interval

__all__ = ["gain_range"]


def gain_range(p_loss: float, p_gain: float, n: int, *, level: float = 0.95) -> Interval:
    """Give the range that holds the gain of an n-question run with probability ``level``.

    The law of gains minus losses over n independent questions is the n-fold convolution of
    (p_loss, neither, p_gain), read off its characteristic function.

    ``p_loss`` and ``p_gain`` are the chances that a question is answered correctly by base only and
    by trained only. At most half of 1 - ``level`` is left out on either side. The ends are
    fractions, multiples of 1/n.

    Examples
    --------
    Two equal models that differ on 20% of the questions, five questions:

    >>> gain_range(0.1, 0.1, 5)
    Interval(low=-0.4, high=0.4)
    """
    angles = 2 * np.pi * np.arange(2 * n + 1) / (2 * n + 1)
    question = p_loss * np.exp(1j * angles) + (1 - p_loss - p_gain) + p_gain * np.exp(-1j * angles)
    law = np.fft.ifft(question**n).real
    cumulative = np.cumsum(np.roll(law, n))
    tail = (1 - level) / 2
    # less a rounding error of the sums, so that a probability of exactly `level` is enough
    low = int(np.searchsorted(cumulative, tail))
    high = int(np.searchsorted(cumulative, 1 - tail - 1e-12))
    return Interval(low=(low - n) / n, high=(high - n) / n)
