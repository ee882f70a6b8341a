"""Power of a run: what it could have seen, what runs of other sizes would, what would settle it.

At the observed discordance, for observed power only restates the p-value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.records.power import Expectation, Power, PowerPoint
from evalsuite.stats.paired.bootstrap import gain_range
from evalsuite.stats.planning.required import (
    MOST_QUESTIONS,
    connor_questions,
    required_questions,
    smallest_detectable_gain,
)
from evalsuite.stats.several.cluster_power import detectable_gain, questions_for_gain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.records.comparison import Table
    from evalsuite.stats.several.clusters import ClusterDifference

__all__ = ["describe_clustered_power", "describe_power", "with_curve"]

CURVE = (8, 12, 17, 24, 35, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1150, 1650, 2500, 5000)
"""Questions, about evenly spaced on the logarithmic axis on which the curve is drawn."""
KNOWN = (5, 20, 50, 200)
"""Sizes that people run: a lesson's, a notebook's, a quick look's, a subset's."""
_MANY_QUESTIONS = 2000
"""Beyond these a plan for the margin takes the formula instead of the exact search."""


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


def describe_power(
    table: Table, *, power: float = 0.8, alpha: float = 0.05, margin: float | None = None
) -> Power:
    """Say what this run could have seen, and how many questions would show a gain like its own.

    At the observed discordance. ``smallest_detectable_gain`` is None where no gain would show;
    ``required_questions`` where the gain is 0 or needs more than a million; and
    ``required_for_margin`` where that is so of the margin, or none is given.
    """
    discordance = table.discordant / table.n
    return Power(
        smallest_detectable_gain=smallest_detectable_gain(
            table.n, discordance, power=power, alpha=alpha
        ),
        required_questions=_settling(table.losses / table.n, table.gains / table.n, power, alpha),
        required_for_margin=None
        if margin is None
        else _settling_at(margin, discordance, power, alpha),
        power=power,
        alpha=alpha,
    )


def describe_clustered_power(
    difference: ClusterDifference,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    margin: float | None = None,
) -> Power:
    """Say the same for several samples a question, where the question is the unit.

    In questions at the same number of samples; None where the spread is unknown or 0, and
    ``required_questions`` also where the gain is 0 or needs more than a million. ``power`` is that
    of a two-sided test: widened t for the gain, which may differ between questions, z for the
    questions.
    """
    # the largest variance that differences of accuracies in -1 .. 1 can have is 1
    variance = min(difference.n_questions * difference.standard_error**2, 1.0)
    needed, for_margin = (
        questions_for_gain(gain, variance, power=power, alpha=alpha).n_questions
        if difference.standard_error and gain
        else None
        for gain in (difference.estimate, margin)
    )
    detectable = detectable_gain(
        difference.standard_error, difference.n_questions, power=power, alpha=alpha
    )
    return Power(
        smallest_detectable_gain=detectable if difference.standard_error else None,
        required_questions=_within_reach(needed),
        required_for_margin=_within_reach(for_margin),
        power=power,
        alpha=alpha,
    )


def _within_reach(questions: int | None) -> int | None:
    return None if questions is None or questions > MOST_QUESTIONS else questions


def _settling_at(gain: float, discordance: float, power: float, alpha: float) -> int | None:
    # models that differ by the gain differ on at least as many questions
    discordance = max(discordance, gain)
    p_loss, p_gain = (discordance - gain) / 2, (discordance + gain) / 2
    connor = connor_questions(p_loss, p_gain, power=power, alpha=alpha)
    if connor <= _MANY_QUESTIONS:
        return required_questions(p_loss, p_gain, power=power, alpha=alpha)
    # with the continuity correction within 1% of the exact search, which takes seconds from here
    # on, and the number is told in two digits
    return _within_reach(connor + round(2 / gain))


def _settling(p_loss: float, p_gain: float, power: float, alpha: float) -> int | None:
    if p_loss == p_gain:
        return None
    # the formula is near the exact answer and cheap: past the limit the search need not start
    if connor_questions(p_loss, p_gain, power=power, alpha=alpha) > MOST_QUESTIONS:
        return None
    return required_questions(p_loss, p_gain, power=power, alpha=alpha)
