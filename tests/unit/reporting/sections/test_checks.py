from __future__ import annotations

from dataclasses import replace
from typing import Any

from report_builders import built, family_of

from evalsuite.records.verdict import Check
from evalsuite.reporting.blocks import Checks, Grid, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.checks import checks
from evalsuite.reporting.wording import words

BLOCKING = Check(code="EVS002", level="blocking", title="Same prompt", detail="other prompts")
PASSED = Check(code="EVS001", level="passed", title="Same questions", detail="60 of 60")


def test_checks_stand_by_level_and_only_what_holds_is_folded() -> None:
    comparison = replace(built()[0], checks=(PASSED, BLOCKING))

    first, second = checks(Page(comparison, words("en"))).blocks

    assert isinstance(first, Checks)
    assert isinstance(second, Checks)
    assert [(b.level, b.folded) for b in (first, second)] == [("blocking", False), ("passed", True)]
    assert [item.code for item in first.items] == ["EVS002"]


def test_results_without_checks_say_so() -> None:
    comparison = replace(built()[0], checks=())

    (block,) = checks(Page(comparison, words("en"))).blocks

    assert isinstance(block, Text)
    assert block.role == "missing"


def test_a_group_counts_the_checks_of_each_part_and_names_those_that_fail() -> None:
    parts = [replace(built()[0], checks=each) for each in ((PASSED, BLOCKING), (PASSED, PASSED))]

    grid: Any = checks(Page(family_of(parts), words("en"))).blocks[-1]

    assert isinstance(grid, Grid)
    assert [[str(cell) for cell in row.cells[1:]] for row in grid.rows] == [
        ["1", "0", "1", "0", "EVS002"],
        ["0", "0", "2", "0", "none"],
    ]
