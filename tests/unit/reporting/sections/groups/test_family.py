from __future__ import annotations

from dataclasses import replace
from typing import Any

from report_builders import built

from evalsuite.records.comparison import FamilyRow, Interval
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.groups.family import family
from evalsuite.reporting.wording import words

ROW = FamilyRow(
    trained="trained",
    decision="improved",
    gain=0.1,
    interval=Interval(low=0.05, high=0.15),
    exact=0.001,
    adjusted=0.002,
)


def test_a_comparison_that_stands_alone_has_no_family() -> None:
    comparison, _ = built()

    assert family(Page(comparison, words("en"))) is None
    assert family(Page(replace(comparison, family=(ROW,)), words("en"))) is None


def test_the_row_of_the_page_itself_is_marked() -> None:
    rows = (ROW, replace(ROW, trained="other", decision="powerless", adjusted=None))
    section = family(Page(replace(built()[0], family=rows), words("en")))
    assert section is not None
    grid: Any = section.blocks[0]

    assert [row.role for row in grid.rows] == ["headline", ""]
    assert str(grid.rows[1].cells[4]) == "–"


def test_tasks_of_one_pair_are_told_apart_by_their_names() -> None:
    comparison = replace(built()[0], task="adding")
    rows = tuple(replace(ROW, task=task) for task in ("adding", "taking"))
    section = family(Page(replace(comparison, family=rows), words("en")))
    assert section is not None
    grid: Any = section.blocks[0]

    assert [str(row.cells[0]) for row in grid.rows] == ["adding", "taking"]
    assert [row.role for row in grid.rows] == ["headline", ""]
    assert grid.columns[0] == "task"
