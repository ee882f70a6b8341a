"""The graded table of a planned run: made once, passed on with the run to whoever reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.comparing.tabulate import GradedTable, tabulate
from evalsuite.errors import NotComparableError

if TYPE_CHECKING:
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec

__all__ = ["table_of", "with_table"]


def with_table(planned: PlannedRun, asked: CompareSpec) -> PlannedRun:
    """Grade a finished run at every budget, so that several comparisons can share it."""
    return replace(planned, table=table_of(planned, asked))


def table_of(planned: PlannedRun, asked: CompareSpec) -> GradedTable:
    """Give the table a planned run brings, or make it.

    Raises
    ------
    NotComparableError
        If the run is not finished.
    """
    if planned.run is None:
        raise NotComparableError("a run is not finished; start the same command again")
    if planned.table is not None:
        return planned.table
    return tabulate(planned.run, planned.budgets, asked.headline_budget)
