"""Summary of one paired table: the gain, its tests and its intervals."""

from __future__ import annotations

from evalsuite.comparing.power import describe_power
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
from evalsuite.stats.paired.bootstrap import percentile_interval
from evalsuite.stats.paired.closed_form import (
    bonett_price_interval,
    newcombe_interval,
    wald_interval,
)
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.product_law import fay_lumbard_interval
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.proportion import proportion_interval

__all__ = [
    "compare_table",
    "describe_gain",
    "describe_intervals",
    "describe_tests",
]

# Resamples only repeat the questions at hand. Few discordant ones give few different gains, and a
# resample without any of k of them has chance about e^-k: the interval comes out too short.
FEWEST_DISCORDANT_FOR_BOOTSTRAP = 10
FEWEST_QUESTIONS_FOR_BOOTSTRAP = 50


def compare_table(
    table: Table,
    *,
    confidence_level: float = 0.95,
    power: float = 0.8,
    alpha: float = 0.05,
    margin: float | None = 0.02,
) -> Comparison:
    """Return the comparison that four counts alone allow, ready to be judged.

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
    """Return the gain of at least one question with its Tango interval."""
    return Gain(
        estimate=(table.gains - table.losses) / table.n,
        interval=tango_interval(table.losses, table.gains, table.n, confidence_level),
        confidence_level=confidence_level,
        method="tango",
    )


def describe_tests(table: Table) -> McNemar:
    """Return the p-values shown together: the exact one decides."""
    return McNemar(
        exact=mcnemar(table.losses, table.gains).pvalue,
        mid_p=mcnemar(table.losses, table.gains, method="mid-p").pvalue,
    )


def describe_intervals(table: Table, *, confidence_level: float = 0.95) -> Intervals:
    """Return the gain's interval by every method, of at least one question.

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
