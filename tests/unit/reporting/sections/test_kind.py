from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from report_builders import built

from evalsuite.reporting.blocks import Plot, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.kind import kind
from evalsuite.reporting.wording import words


def blocks_of(comparison: Any) -> tuple[Any, ...]:
    section = kind(Page(comparison, words("en")))
    assert section is not None
    return section.blocks


def test_the_parts_sum_to_the_gain() -> None:
    comparison, _ = built()
    waterfall = blocks_of(comparison)[0].drawing

    assert sum(part.at for part in waterfall.parts) == pytest.approx(waterfall.total.at)
    assert waterfall.total.at == comparison.gain.estimate


def test_parts_that_are_not_known_are_said_to_be_missing() -> None:
    comparison, _ = built()

    first = blocks_of(replace(comparison, attribution=None))[0]

    assert isinstance(first, Text)
    assert first.role == "missing"


def test_strict_stands_before_the_other_graders() -> None:
    grid = blocks_of(built()[0])[1]

    assert [str(row.cells[0]).split()[0] for row in grid.rows] == ["strict", "flexible"]


def test_where_answers_were_lost_is_unknown_without_their_ends() -> None:
    comparison, _ = built()
    unknown = replace(comparison, base=replace(comparison.base, truncated=None))

    assert isinstance(blocks_of(comparison)[2], Plot)
    flow = blocks_of(unknown)[2]
    assert isinstance(flow, Text)
    assert flow.role == "missing"


def test_every_stage_holds_no_more_than_all_questions() -> None:
    comparison, _ = built()
    drawing = blocks_of(comparison)[2].drawing

    assert drawing.base[0][0] == drawing.trained[0][0] == 1
    assert all(0 <= share <= 1 for share, _ in (*drawing.base, *drawing.trained))
    assert drawing.base[-1][1] == str(comparison.base.correct)
