"""Power curves: what runs of other sizes would show, at the discordance of this one.

The law of a run's gain is exact, without draws.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.records.comparison import Interval
from evalsuite.records.power import Expectation, Power, PowerPoint
from evalsuite.stats.planning.required import smallest_detectable_gain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.records.comparison import Table

__all__ = ["gain_range", "with_curve"]

CURVE = (8, 12, 17, 24, 35, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1150, 1650, 2500, 5000)
"""Questions, about evenly spaced on the logarithmic axis on which the curve is drawn."""
KNOWN = (5, 20, 50, 200)
"""Sizes that people run: a lesson's, a notebook's, a quick look's, a subset's."""


def with_curve(power: Power, table: Table, *, sizes: Iterable[int] = ()) -> Power:
    """Add the power curve, and what to expect of smaller runs, of ``sizes`` among them.

    For one response a question: with several, questions and not rows of the table are the unit.
    """
    expected = {n for n in (*KNOWN, *sizes, table.n) if n <= table.n}
    return replace(
        power,
        curve=tuple(PowerPoint(n=n, gain=_smallest(table, n, power)) for n in _sizes(table)),
        expectations=tuple(_expectation(table, n, power) for n in sorted(expected)),
    )


def _sizes(table: Table) -> tuple[int, ...]:
    """Draw the curve to twice this run where it is larger than the curve; nowhere without it."""
    if not table.discordant:
        return ()
    return CURVE if table.n <= CURVE[-1] else (*CURVE, 2 * table.n)


def _smallest(table: Table, n: int, power: Power) -> float | None:
    discordance = table.discordant / table.n
    return smallest_detectable_gain(n, discordance, power=power.power, alpha=power.alpha)


def _expectation(table: Table, n: int, power: Power) -> Expectation:
    loss, gain = table.losses / table.n, table.gains / table.n
    chance = gain_range((loss + gain) / 2, (loss + gain) / 2, n)
    observed = gain_range(loss, gain, n)
    return Expectation(
        n=n,
        smallest_detectable_gain=_smallest(table, n, power),
        chance_low=chance.low,
        chance_high=chance.high,
        low=observed.low,
        high=observed.high,
    )


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
