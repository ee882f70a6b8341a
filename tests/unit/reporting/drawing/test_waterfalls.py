from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation

from evalsuite.reporting.blocks import Dot, Role, WaterfallDrawing
from evalsuite.reporting.drawing.palette import LIGHT
from evalsuite.reporting.drawing.waterfalls import draw_waterfall


def _mark(at: float, low: float, high: float, role: Role = "form") -> Dot:
    return Dot(at=at, low=low, high=high, label="part", shown="", role=role)


def test_every_interval_of_the_parts_is_drawn_where_the_axis_says() -> None:
    """A part of 0.0 (-0.4 to 0.4) beside a part of 0.4 must not look like -0.03 to 0.83."""
    parts = (_mark(0.4, 0.1, 0.7), _mark(0.0, -0.4, 0.4), _mark(-0.1, -0.2, 0.0, "loss"))
    total = _mark(0.3, 0.05, 0.6)

    axes = draw_waterfall(WaterfallDrawing(parts=parts, total=total, axis="points"), LIGHT).axes[0]

    drawn = {tuple(np.asarray(line.get_xdata()).tolist()) for line in axes.lines}
    assert {(mark.low, mark.high) for mark in (*parts, total)} <= drawn


def test_gains_are_stacked_to_the_right_of_zero_and_losses_to_its_left() -> None:
    parts = (_mark(0.4, 0.1, 0.7), _mark(0.1, 0.0, 0.2), _mark(-0.1, -0.2, 0.0, "loss"))

    axes = draw_waterfall(
        WaterfallDrawing(parts=parts, total=_mark(0.4, 0.1, 0.7), axis="points"), LIGHT
    ).axes[0]

    bars = [
        (
            round(bar.get_x(), 9),
            round(bar.get_x() + bar.get_width(), 9),
            to_hex(bar.get_facecolor()),
        )
        for bar in axes.patches
        if isinstance(bar, Rectangle)
    ]
    assert bars == [
        (0.0, 0.4, LIGHT["form"]),
        (0.4, 0.5, LIGHT["form"]),
        (0.0, -0.1, LIGHT["loss"]),
    ]


@pytest.mark.parametrize("narrow", [False, True])
def test_every_part_is_named_over_the_bar_and_no_label_lies_on_another(*, narrow: bool) -> None:
    parts = (
        Dot(at=0.001, low=-0.1, high=0.1, label="finished", shown="+0.1", role="quiet"),
        Dot(at=0.004, low=-0.1, high=0.1, label="formatted", shown="+0.4", role="form"),
        Dot(at=-0.2, low=-0.3, high=0.0, label="rest", shown="-20.0", role="trained"),
    )
    drawing = WaterfallDrawing(parts=parts, total=_mark(-0.195, -0.3, -0.1), axis="points")

    figure = draw_waterfall(drawing, LIGHT, narrow=narrow)

    figure.canvas.draw()
    axes = figure.axes[0]
    above = [
        text for text in axes.texts if isinstance(text, Annotation) and text.xy[1] > len(parts) + 1
    ]
    boxes = {text.get_text(): text.get_window_extent() for text in above}
    assert list(boxes) == ["rest", "\u221220.0", "finished", "+0.1", "formatted", "+0.4"]
    named = [boxes[name] for name in ("rest", "finished", "formatted")]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(named))
    assert named[-1].x1 <= figure.bbox.x1


def test_a_part_of_nothing_has_no_label_over_the_bar() -> None:
    parts = (_mark(0.0, -0.1, 0.1), _mark(0.3, 0.1, 0.5))
    drawing = WaterfallDrawing(parts=parts, total=_mark(0.3, 0.1, 0.5), axis="points")

    axes = draw_waterfall(drawing, LIGHT).axes[0]

    above = [text for text in axes.texts if isinstance(text, Annotation) and text.xy[1] > 3.5]
    assert [text.get_text() for text in above] == ["part", ""]
