from __future__ import annotations

import itertools

import pytest
from drawn_labels import label_boxes, touching

from evalsuite.reporting.blocks import Dot, Role, WaterfallDrawing
from evalsuite.reporting.drawing.sheet import Label, Pane, Path, Sheet
from evalsuite.reporting.drawing.waterfalls import draw_waterfall


def _mark(at: float, low: float, high: float, role: Role = "form") -> Dot:
    return Dot(at=at, low=low, high=high, label="part", shown="", role=role)


def _value(pane: Pane, across: float) -> float:
    """Read a place off the axis."""
    share = (across - pane.left) / (pane.right - pane.left)
    return round(pane.x[0] + share * (pane.x[1] - pane.x[0]), 9)


def _paths(sheet: Sheet) -> list[Path]:
    return [mark for mark in sheet.marks if isinstance(mark, Path)]


def test_every_interval_of_the_parts_is_drawn_where_the_axis_says() -> None:
    """A part of 0.0 (-0.4 to 0.4) beside a part of 0.4 must not look like -0.03 to 0.83."""
    parts = (_mark(0.4, 0.1, 0.7), _mark(0.0, -0.4, 0.4), _mark(-0.1, -0.2, 0.0, "loss"))
    total = _mark(0.3, 0.05, 0.6)

    sheet = draw_waterfall(WaterfallDrawing(parts=parts, total=total, axis="points"))

    (pane,) = sheet.panes
    drawn = {
        tuple(_value(pane, x) for x, _ in line) for path in _paths(sheet) for line in path.lines
    }
    assert {(mark.low, mark.high) for mark in (*parts, total)} <= drawn


def test_gains_are_stacked_to_the_right_of_zero_and_losses_to_its_left() -> None:
    parts = (_mark(0.4, 0.1, 0.7), _mark(0.1, 0.0, 0.2), _mark(-0.1, -0.2, 0.0, "loss"))

    sheet = draw_waterfall(WaterfallDrawing(parts=parts, total=_mark(0.4, 0.1, 0.7), axis="points"))

    (pane,) = sheet.panes
    bars = [
        (_value(pane, path.lines[0][0][0]), _value(pane, path.lines[0][1][0]), path.fill)
        for path in _paths(sheet)
        if path.fill is not None
    ]
    assert bars == [(0.0, 0.4, "form"), (0.4, 0.5, "form"), (0.0, -0.1, "loss")]


@pytest.mark.parametrize("narrow", [False, True])
def test_every_part_is_named_over_the_bar_and_no_label_lies_on_another(*, narrow: bool) -> None:
    parts = (
        Dot(at=0.001, low=-0.1, high=0.1, label="finished", shown="+0.1", role="quiet"),
        Dot(at=0.004, low=-0.1, high=0.1, label="formatted", shown="+0.4", role="form"),
        Dot(at=-0.2, low=-0.3, high=0.0, label="rest", shown="-20.0", role="trained"),
    )
    drawing = WaterfallDrawing(parts=parts, total=_mark(-0.195, -0.3, -0.1), axis="points")

    sheet = draw_waterfall(drawing, narrow=narrow)

    (pane,) = sheet.panes
    assert touching(sheet) == []
    above = [m.text for m in sheet.marks if isinstance(m, Label) and m.at[1] < pane.top]
    assert above == ["rest", "\u221220.0", "finished", "+0.1", "formatted", "+0.4"]
    boxes = dict(label_boxes(sheet)[::-1])  # the first of each name is the one above
    named = [boxes[name] for name in ("rest", "finished", "formatted")]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(named))
    assert named[-1].x1 <= sheet.width * 100 / 72  # dots of matplotlib's own


def test_a_part_of_nothing_has_no_label_over_the_bar() -> None:
    parts = (_mark(0.0, -0.1, 0.1), _mark(0.3, 0.1, 0.5))
    drawing = WaterfallDrawing(parts=parts, total=_mark(0.3, 0.1, 0.5), axis="points")

    sheet = draw_waterfall(drawing)

    above = [m.text for m in sheet.marks if isinstance(m, Label) and m.at[1] < sheet.panes[0].top]
    assert above == ["part"]
