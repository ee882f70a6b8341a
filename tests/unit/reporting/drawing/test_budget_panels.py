from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_builders import BUDGETS, built, training_log

from evalsuite.reporting.drawing.budget_panels import budget_panels, cited_budgets
from evalsuite.reporting.source import Source
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.paired import BudgetCurve

X = tuple(map(float, BUDGETS))


def test_lines_hold_from_each_change_to_the_next_over_the_whole_axis() -> None:
    comparison, _ = built()
    curve = comparison.budget_curve
    assert curve is not None

    drawing = budget_panels(Source(comparison, words("en")))

    assert drawing.span == (float(curve.max_new_tokens[0]), float(curve.last))
    for panel, columns in zip(drawing.panels[:2], (_cut(curve), _right(curve)), strict=True):
        stepped = [line for line in panel.lines if line.stepped]
        for line, column in zip(stepped, columns, strict=True):
            assert (line.x[0], line.x[-1]) == drawing.span
            assert line.y[1:-1] == tuple(count / curve.n for count in column)


def test_intervals_stand_at_the_budgets_of_the_table_alone() -> None:
    comparison, _ = built()

    _, points = budget_panels(Source(comparison, words("en"))).panels[2].lines

    assert points.alone
    assert points.x == X
    assert points.y == tuple(row.gain for row in comparison.budgets)
    assert points.low == tuple(row.interval.low for row in comparison.budgets)


def test_the_stepped_gain_goes_through_every_row_of_the_table() -> None:
    comparison, _ = built()

    line, _ = budget_panels(Source(comparison, words("en"))).panels[2].lines

    for row in comparison.budgets:
        at = max(i for i, x in enumerate(line.x) if x <= row.max_new_tokens)
        assert line.y[at] == pytest.approx(row.gain)


def test_a_file_without_every_budget_joins_those_it_has() -> None:
    comparison = replace(built()[0], budget_curve=None)

    drawing = budget_panels(Source(comparison, words("en")))

    assert drawing.ticks == X
    assert drawing.span is None
    assert [len(panel.lines) for panel in drawing.panels] == [2, 2, 1]
    assert all(line.x == X for panel in drawing.panels for line in panel.lines)


def test_the_budgets_of_training_headline_and_remarks_are_marked() -> None:
    known = built(training=training_log())[0]
    source = Source(known, words("en"))

    (marks, *_) = (panel.marks for panel in budget_panels(source).panels)

    assert {mark.at: mark.style for mark in marks if mark.at in (60, 64)} == {
        60: "dashed",
        64: "solid",
    }
    assert {mark.at for mark in marks if mark.style == "dotted"} == set(cited_budgets(source))
    assert known.verdict is not None
    assert cited_budgets(source)


def test_an_accuracy_without_every_interval_has_no_bars() -> None:
    comparison, _ = built()
    first, *others = comparison.budgets
    bare = replace(first, base=replace(first.base, interval=None))

    _, base, _, trained = (
        budget_panels(Source(replace(comparison, budgets=(bare, *others)), words("en")))
        .panels[1]
        .lines
    )

    assert base.low == ()
    assert len(trained.low) == len(BUDGETS)


def _cut(curve: BudgetCurve) -> tuple[tuple[int, ...], ...]:
    assert curve.base_truncated is not None
    assert curve.trained_truncated is not None
    return curve.base_truncated, curve.trained_truncated


def _right(curve: BudgetCurve) -> tuple[tuple[int, ...], ...]:
    return curve.base, curve.trained
