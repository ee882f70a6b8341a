from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from evalsuite.reporting.blocks import Dot, Role, WaterfallDrawing
from evalsuite.reporting.drawing.axes import round_places
from evalsuite.reporting.drawing.charts import draw_waterfall
from evalsuite.reporting.drawing.palette import LIGHT


@pytest.mark.parametrize(
    ("low", "high"), [(-0.3, 0.3), (0, 18), (-34, 1), (0, 45), (-8, 8), (2.9, 4.7), (0, 1)]
)
def test_ticks_go_in_steps_of_one_two_or_five(low: float, high: float) -> None:
    places = round_places(low, high)

    (step,) = {round(b - a, 9) for a, b in itertools.pairwise(places)}
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert round(mantissa, 6) in (1, 2, 5)
    assert low <= places[0]
    assert places[-1] <= high


def _mark(at: float, low: float, high: float, role: Role = "gain") -> Dot:
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
        (0.0, 0.4, LIGHT["gain"]),
        (0.4, 0.5, LIGHT["gain"]),
        (0.0, -0.1, LIGHT["loss"]),
    ]
