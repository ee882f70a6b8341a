from __future__ import annotations

import pytest

from evalsuite.reporting.drawing.axes import canvas
from evalsuite.reporting.drawing.sheet import Label, Path, rectangle


def test_a_pane_turns_values_into_points_from_the_upper_left() -> None:
    _, (pane,) = canvas(2, [(0.5, 0.25, 1, 1)], 3)
    pane.x, pane.y = (10, 20), (-1, 1)

    assert pane.place(10, -1) == (36, 126)
    assert pane.place(15, 0) == (72, 90)
    assert pane.place(20, 1) == (108, 54)


def test_a_logarithmic_axis_goes_by_ratios() -> None:
    _, (pane,) = canvas(1, [(0, 0, 1, 1)], 1)
    pane.x, pane.is_logarithmic = (1, 100), True

    assert pane.place(10, 0)[0] == pytest.approx(36)


def test_an_axis_of_one_value_shows_it_in_the_middle() -> None:
    _, (pane,) = canvas(1, [(0, 0, 1, 1)], 1)
    pane.x = (300, 300)

    assert pane.place(300, 0)[0] == 36


def test_marks_are_given_by_their_order_and_then_as_they_came() -> None:
    sheet, (pane,) = canvas(1, [(0, 0, 1, 1)], 1)
    pane.text("over", (0, 0), "text")
    pane.line([0, 1], [0, 1], "base", 1)
    pane.shape(rectangle((0, 1), (0, 1)), fill="band", order=-1)
    pane.line([0, 1], [1, 0], "gain", 1)
    pane.text("", (0, 0), "text")

    first, *lines, last = sheet.ordered

    assert isinstance(first, Path)
    assert first.fill == "band"
    assert [line.stroke for line in lines if isinstance(line, Path)] == ["base", "gain"]
    assert isinstance(last, Label)
    assert last.text == "over"


def test_a_stored_budget_of_no_tokens_has_a_place() -> None:
    _, (pane,) = canvas(1, [(0, 0, 1, 1)], 1)
    pane.x, pane.is_logarithmic = (0, 100), True

    assert pane.place(0, 0)[0] == 0
    assert pane.place(-1, 0)[0] == 0
    assert pane.place(100, 0)[0] == 72
