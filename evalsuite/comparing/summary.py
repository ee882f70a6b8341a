"""Summary of one paired table: the gain, its tests, its intervals and the power of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import (
    Comparison,
    Gain,
    Interval,
    Intervals,
    McNemar,
    Seeds,
    Side,
    Table,
    Truncation,
)
from evalsuite.records.power import Power
from evalsuite.stats.paired.bootstrap import percentile_interval
from evalsuite.stats.paired.closed_form import (
    bonett_price_interval,
    newcombe_interval,
    wald_interval,
)
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.product_law import fay_lumbard_interval
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.planning.required import (
    MOST_QUESTIONS,
    connor_questions,
    required_questions,
    smallest_detectable_gain,
)
from evalsuite.stats.proportion import proportion_interval
from evalsuite.stats.several.cluster_power import detectable_gain, questions_for_gain

if TYPE_CHECKING:
    from evalsuite.stats.several.clusters import ClusterDifference

__all__ = [
    "compare_table",
    "describe_clustered_power",
    "describe_gain",
    "describe_intervals",
    "describe_power",
    "describe_tests",
]

# Resamples only repeat the questions at hand. Few discordant ones give few different gains, and a
# resample without any of k of them has chance about e^-k: the interval comes out too short.
FEWEST_DISCORDANT_FOR_BOOTSTRAP = 10
FEWEST_QUESTIONS_FOR_BOOTSTRAP = 50
_MANY_QUESTIONS = 2000
"""Beyond these a plan for the margin takes the formula instead of the exact search."""


def compare_table(
    table: Table,
    *,
    confidence_level: float = 0.95,
    power: float = 0.8,
    alpha: float = 0.05,
    margin: float | None = 0.02,
) -> Comparison:
    """Give the comparison that four counts alone allow, ready to be judged.

    Without budgets, graders, subsets or truncation, about which four counts know nothing. ``power``
    is the wanted probability that the exact test rejects at the two-sided level ``alpha``; plans
    are made for a true gain of ``margin``.
    """
    return Comparison(
        task="",
        headline_budget=None,
        headline_set="given",
        base=_side("base", table.both + table.losses, table.n, confidence_level),
        trained=_side("trained", table.both + table.gains, table.n, confidence_level),
        table=table,
        gain=describe_gain(table, confidence_level=confidence_level),
        mcnemar=describe_tests(table),
        intervals=describe_intervals(table, confidence_level=confidence_level),
        graders={},
        attribution=None,
        truncation=Truncation(base=None, trained=None, table=None, bounds=None),
        power=describe_power(table, power=power, alpha=alpha, margin=margin),
        seeds=Seeds(root=0, subsets=(), subset_size=0, training=None, samples=1),
    )


def describe_gain(table: Table, *, confidence_level: float = 0.95) -> Gain:
    """Give the gain of at least one question with its Tango interval."""
    return Gain(
        estimate=(table.gains - table.losses) / table.n,
        interval=tango_interval(table.losses, table.gains, table.n, confidence_level),
        confidence_level=confidence_level,
        method="tango",
    )


def describe_tests(table: Table) -> McNemar:
    """Give the p-values shown together: the exact one decides."""
    return McNemar(
        exact=mcnemar(table.losses, table.gains).pvalue,
        mid_p=mcnemar(table.losses, table.gains, method="mid-p").pvalue,
    )


def describe_intervals(table: Table, *, confidence_level: float = 0.95) -> Intervals:
    """Give the gain's interval by every method, of at least one question.

    ``bootstrap`` is None below 50 questions or 10 discordant ones, where it misleads; ``wald``
    where it would have no width.
    """
    counts = (table.losses, table.gains, table.n)
    is_large = (
        table.n >= FEWEST_QUESTIONS_FOR_BOOTSTRAP
        and table.discordant >= FEWEST_DISCORDANT_FOR_BOOTSTRAP
    )
    # with one kind of question alone the spread is estimated as 0, and Wald's interval is a point
    is_point = table.discordant == 0 or table.n in (table.losses, table.gains)
    return Intervals(
        tango=tango_interval(*counts, confidence_level),
        newcombe=newcombe_interval(table, confidence_level),
        bonett_price=bonett_price_interval(*counts, confidence_level),
        fay_lumbard=fay_lumbard_interval(*counts, confidence_level),
        wald=None if is_point else wald_interval(*counts, confidence_level),
        bootstrap=percentile_interval(*counts, confidence_level) if is_large else None,
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


def _side(name: str, correct: int, n: int, confidence_level: float) -> Side:
    wilson = proportion_interval(correct, n, confidence_level=confidence_level)
    return Side(
        name=name,
        correct=correct,
        n=n,
        accuracy=correct / n,
        interval=Interval(low=wilson.low, high=wilson.high),
        truncated=None,
        no_answer=0,
    )
