from __future__ import annotations

import pytest
from drawn_labels import touching
from drawn_values import axis_labels, discs, filled, lines

from evalsuite.reporting.blocks import CurveDrawing, Line, Mark, Panel, PanelsDrawing, Role
from evalsuite.reporting.drawing.curves import draw_curve, draw_panels
from evalsuite.reporting.numbers import true_minus


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("observed", [0.03, 0.09, 0.2, 0.33])
def test_no_label_of_a_curve_lies_on_another(observed: float, *, narrow: bool) -> None:
    sizes = (25, 50, 100, 200, 500, 1000, 1319, 2000, 5000)
    drawing = CurveDrawing(
        x=sizes,
        y=tuple(1.35 / size**0.5 for size in sizes),
        points=tuple((n, 1.35 / n**0.5, f"{n:,}: {135 / n**0.5:.1f}") for n in (50, 200, 1319)),
        x_axis="questions in the run",
        y_axis="smallest visible gain, points",
        line=Mark(at=observed, label=f"observed +{100 * observed:.1f}"),
    )

    assert touching(draw_curve(drawing, narrow=narrow)) == []


def panels(*of_panel: Line, percent: bool = False, logarithmic: bool = False) -> PanelsDrawing:
    panel = Panel(title="t", lines=of_panel, percent=percent, marks=(Mark(at=4, label="m"),))
    return PanelsDrawing(panels=(panel,), columns=1, axis="tokens", logarithmic=logarithmic)


def test_a_stepped_line_holds_every_value_up_to_the_next_place() -> None:
    line = Line(label="", x=(1, 2, 4, 8), y=(0.1, 0.3, 0.2, 0.4), role="trained", stepped=True)

    sheet = draw_panels(panels(line, logarithmic=True))

    (drawn,) = lines(sheet, sheet.panes[0], "trained")
    assert drawn == [(1, 0.1), (2, 0.1), (2, 0.3), (4, 0.3), (4, 0.2), (8, 0.2), (8, 0.4)]


def test_a_line_lies_between_the_ends_of_its_ribbon() -> None:
    x, low, y, high = (1, 2, 3), (0.0, 0.1, 0.2), (0.2, 0.3, 0.4), (0.5, 0.6, 0.7)
    line = Line(label="", x=x, y=y, low=low, high=high, role="base", dots=True)

    sheet = draw_panels(panels(line))

    (pane,) = sheet.panes
    assert lines(sheet, pane, "base") == [[*zip(x, y, strict=True)]]
    assert discs(sheet, pane, "base") == [*zip(x, y, strict=True)]
    (ribbon,) = filled(sheet, pane, "base")
    upper, lower = zip(x, high, strict=True), zip(x, low, strict=True)
    assert ribbon == [*upper, *reversed([*lower])]


def test_a_line_stops_at_a_value_that_is_not_there() -> None:
    line = Line(label="", x=(1, 2, 3, 4), y=(0.1, 0.2, float("nan"), 0.3), role="gain", dots=True)

    sheet = draw_panels(panels(line, Line(label="", x=(1, 4), y=(0, 1), role="base"), percent=True))

    (pane,) = sheet.panes
    assert lines(sheet, pane, "gain") == [[(1, 0.1), (2, 0.2)], [(4, 0.3)]]
    assert discs(sheet, pane, "gain") == [(1, 0.1), (2, 0.2), (4, 0.3)]


def test_values_by_themselves_have_their_intervals_and_no_curve() -> None:
    line = Line(
        label="",
        x=(2, 8),
        y=(0.1, 0.2),
        low=(0.0, 0.1),
        high=(0.3, 0.6),
        role="trained",
        alone=True,
    )

    sheet = draw_panels(panels(line, logarithmic=True))

    (pane,) = sheet.panes
    assert lines(sheet, pane, "trained") == [[(2, 0.0), (2, 0.3)], [(8, 0.1), (8, 0.6)]]
    assert discs(sheet, pane, "trained") == [(2, 0.1), (8, 0.2)]


def test_marks_stand_where_the_axis_says() -> None:
    line = Line(label="", x=(1, 2, 16), y=(0.1, 0.3, 0.2), role="trained")

    sheet = draw_panels(panels(line, logarithmic=True))

    ends = {x for stretch in lines(sheet, sheet.panes[0], "quiet") for x, _ in stretch}
    assert ends == {4}


@pytest.mark.parametrize("percent", [False, True])
def test_labels_of_both_axes_stand_at_their_values(*, percent: bool) -> None:
    role: Role = "base" if percent else "text"
    line = Line(label="", x=(0, 300), y=(-0.031, 0.087), role=role)

    sheet = draw_panels(panels(line, percent=percent))

    (pane,) = sheet.panes
    across, up = axis_labels(sheet, pane, x=True), axis_labels(sheet, pane, x=False)
    assert len(across) > 2
    assert len(up) > 1
    for text, at in across:
        assert float(text.replace(",", "")) == pytest.approx(at)
    for text, at in up:
        shown = float(text.replace("\u2212", "-"))
        assert shown == pytest.approx(100 * at, abs=1e-6)
        assert text == true_minus(text)
