from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from report_builders import built

from evalsuite.records.comparison import Interval
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

    first = blocks_of(replace(comparison, attribution=None, made_of=None))[0]

    assert isinstance(first, Text)
    assert first.role == "missing"


def test_strict_stands_before_the_other_graders() -> None:
    grid = next(block for block in blocks_of(built()[0]) if block.id == "graders")

    assert [str(row.cells[0]).split()[0] for row in grid.rows] == ["strict", "flexible"]


def test_where_answers_were_lost_is_unknown_without_their_ends() -> None:
    comparison, _ = built()
    unknown = replace(comparison, base=replace(comparison.base, truncated=None))

    assert isinstance(blocks_of(comparison)[-1], Plot)
    flow = blocks_of(unknown)[-1]
    assert isinstance(flow, Text)
    assert flow.role == "missing"


def test_every_stage_holds_no_more_than_all_questions() -> None:
    comparison, _ = built()
    drawing = blocks_of(comparison)[-1].drawing

    assert drawing.base[0][0] == drawing.trained[0][0] == 1
    assert all(0 <= share <= 1 for share, _ in (*drawing.base, *drawing.trained))
    assert drawing.base[-1][1] == str(comparison.base.correct)


def rows_of(comparison: Any) -> list[list[str]]:
    return [[str(cell) for cell in row.cells] for row in blocks_of(comparison)[0].grid.rows]


def test_a_larger_budget_makes_finished_a_part_with_its_test() -> None:
    comparison, _ = built(headline_budget=64)

    label, part, pvalue, _, _ = rows_of(comparison)[0]

    assert label == "Finished: gone at 400 tokens"
    assert re.match(r"[-+]?\d+\.\d \(", part)
    assert pvalue


def test_at_the_largest_budget_finished_is_a_range_and_no_bar() -> None:
    comparison, _ = built(budgets=(64,), headline_budget=64)
    section = blocks_of(comparison)

    label, part, *others = rows_of(comparison)[0]

    assert label == "Finished: not known beyond 64 tokens"
    assert " to " in part
    assert others == ["–", "–", "–"]
    assert len(section[0].drawing.parts) == 2
    assert "could go with a larger budget" in str(section[1].phrase)


def test_unrecorded_ends_leave_the_finished_part_unrecorded() -> None:
    comparison, _ = built(budgets=(64,), headline_budget=64)
    made = replace(comparison.made_of, finished_range=None)  # type: ignore[type-var]

    rows = rows_of(replace(comparison, attribution=None, made_of=made))

    assert rows[0] == ["Finished: not recorded", "–", "–", "–", "–"]


def test_an_unread_form_is_said_to_be_unread() -> None:
    comparison, _ = built()
    made = replace(comparison.made_of, formatted=None)  # type: ignore[type-var]

    assert rows_of(replace(comparison, made_of=made))[1][0].endswith("by a second grader")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_word_names_a_mechanism_for_what_is_only_a_remainder(lang: str) -> None:
    comparison, _ = built()
    section = kind(Page(comparison, words(lang)))

    shown = re.sub(r"key='[^']*'", "", repr(section))
    assert not re.search(r"(?i)reason|got it right|brevity|解对|推理", shown)


@pytest.mark.parametrize(("low", "title"), [(-0.1, "title_rest_open"), (0.0, "title_rest")])
def test_a_rest_that_may_hold_what_is_not_known_is_titled_so(low: float, title: str) -> None:
    comparison, _ = built(budgets=(64,), headline_budget=64)
    made_of = comparison.made_of
    assert made_of is not None
    rest = replace(made_of.rest, gain=0.9)
    reach = Interval(low=low, high=0.0)
    changed = replace(made_of, rest=rest, finished_range=reach)

    figure = blocks_of(replace(comparison, made_of=changed))[0]

    gain = figure.drawing.total.shown
    assert str(figure.title) == str(words("en").say(f"kind.{title}", part="+90.0", gain=gain))


def test_a_grader_whose_name_holds_dots_has_its_row() -> None:
    comparison, _ = built()
    strict = comparison.graders["strict"]
    graders = {"strict": strict, "exact.match": replace(strict, base=0.125)}

    (table,) = (b for b in blocks_of(replace(comparison, graders=graders)) if b.id == "graders")

    rows = {str(row.cells[0]): str(row.cells[1]) for row in table.rows}
    assert [value for name, value in rows.items() if "exact.match" in name] == ["12.5%"]
    assert len(rows) == 2
