"""Comparisons to judge, built from four counts, with rows of budgets and graders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import BudgetRow, BudgetSide, GraderRow, Seeds, Table
from evalsuite.records.gains import GainDifference, GainParts, GainRow, Interval

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison

TABLE = (222, 64, 293, 740)
"""An established gain of 17.4 points."""


def of(both: int, losses: int, gains: int, neither: int, **changes: Any) -> Comparison:
    """Build a comparison from four counts, with parts replaced."""
    table = Table(both=both, losses=losses, gains=gains, neither=neither)
    return replace(compare_table(table), **changes)


def budget(tokens: int, losses: int, gains: int, n: int, exact: float = 1.0) -> BudgetRow:
    side = BudgetSide(accuracy=0.5, truncated=0, right_although_truncated=0)
    return BudgetRow(
        max_new_tokens=tokens,
        n=n,
        base=side,
        trained=side,
        losses=losses,
        gains=gains,
        gain=(gains - losses) / n,
        interval=Interval(low=-0.5, high=0.5),
        exact=exact,
    )


def grader(table: Table) -> GraderRow:
    return GraderRow(
        base=0.5,
        trained=0.5,
        table=table,
        gain=(table.gains - table.losses) / table.n,
        interval=Interval(low=-0.5, high=0.5),
        exact=1.0,
        version="1",
    )


def seeds(**changes: Any) -> Seeds:
    plain = Seeds(root=0, subsets=(), subset_size=0, training=None, samples=1)
    return replace(plain, **changes)


def difference(gain: float, reach: float, adjusted: float = 0.001) -> GainDifference:
    return GainDifference(
        gain=gain,
        interval=Interval(low=gain - reach, high=gain + reach),
        exact=adjusted / 2,
        raised=9,
        lowered=1,
        adjusted=adjusted,
    )


def at(tokens: int, against: GainDifference | None = None, **changes: Any) -> BudgetRow:
    return replace(budget(tokens, 97, 197, 1319, exact=0.001), difference=against, **changes)


def made(finished: float | None = None, formatted: float | None = None) -> GainParts:
    return GainParts(
        finished=None if finished is None else difference(finished, 0.01),
        finished_range=None,
        formatted=None if formatted is None else difference(formatted, 0.01),
        rest=GainRow(gain=0.1, interval=Interval(low=0.0, high=0.2), exact=0.05),
        max_new_tokens=1024,
    )
