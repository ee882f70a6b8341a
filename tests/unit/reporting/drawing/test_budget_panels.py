from __future__ import annotations

from dataclasses import replace

from report_builders import BUDGETS, built, training_log

from evalsuite.reporting.drawing.budget_panels import budget_panels
from evalsuite.reporting.source import Source
from evalsuite.reporting.wording import words

X = tuple(map(float, BUDGETS))


def test_every_panel_runs_over_the_same_budgets() -> None:
    comparison, _ = built()

    drawing = budget_panels(Source(comparison, words("en")))

    assert drawing.ticks == X
    assert [len(panel.lines) for panel in drawing.panels] == [2, 2, 1]
    assert all(line.x == X for panel in drawing.panels for line in panel.lines)


def test_the_last_panel_is_the_gain_with_its_interval() -> None:
    comparison, _ = built()

    (line,) = budget_panels(Source(comparison, words("en"))).panels[2].lines

    assert line.y == tuple(row.gain for row in comparison.budgets)
    assert line.low == tuple(row.interval.low for row in comparison.budgets)


def test_the_limit_of_training_is_marked_where_it_is_recorded() -> None:
    known, unknown = built(training=training_log())[0], built()[0]

    def marks(comparison: object) -> list[float]:
        panels = budget_panels(Source(comparison, words("en"))).panels
        return [mark.at for panel in panels for mark in panel.marks]

    assert marks(known) == [60] * 3
    assert marks(unknown) == []


def test_an_accuracy_without_every_interval_has_no_ribbon() -> None:
    comparison, _ = built()
    first, *others = comparison.budgets
    bare = replace(first, base=replace(first.base, interval=None))

    base, trained = (
        budget_panels(Source(replace(comparison, budgets=(bare, *others)), words("en")))
        .panels[1]
        .lines
    )

    assert base.low == ()
    assert len(trained.low) == len(BUDGETS)
