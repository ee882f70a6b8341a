from __future__ import annotations

import pytest
from drawn_labels import touching
from drawn_values import axis_labels, discs, filled, lines

from evalsuite.reporting.blocks import (
    Band,
    Dot,
    EstimateDrawing,
    FlowDrawing,
    Role,
    SplitDrawing,
)
from evalsuite.reporting.drawing.charts import draw_estimate, draw_flow, draw_split

NARROW = pytest.mark.parametrize("narrow", [False, True])


@NARROW
@pytest.mark.parametrize("at", [0.02, 0.5, 0.97])
def test_no_label_of_an_estimate_lies_on_another(at: float, *, narrow: bool) -> None:
    base, trained = (
        Dot(label=name, at=at, low=at - 0.02, high=at + 0.02, shown="50.0%", role="base")
        for name in ("a-base-model", "a-trained-model")
    )
    gain = Dot(label="gain", at=0.1, low=0.08, high=0.12, shown="+10.0 (8.0 to 12.0)", role="gain")
    drawing = EstimateDrawing(
        rates=(base, trained),
        gain=gain,
        band=Band(low=-0.02, high=0.02, label="margin"),
        rate_axis="accuracy, %",
        gain_axis="gain, points",
    )

    assert touching(draw_estimate(drawing, narrow=narrow)) == []


@NARROW
@pytest.mark.parametrize("sizes", [(1317, 1, 1, 0), (0, 0, 1, 1318), (218, 132, 171, 798)])
def test_no_label_of_a_split_bar_lies_on_another(sizes: tuple[int, ...], *, narrow: bool) -> None:
    names = ("both right", "fixed", "broken", "both wrong")
    role: Role = "gain"
    parts = tuple(
        (name, size, f"{size:,}", role, True) for name, size in zip(names, sizes, strict=True)
    )

    figure = draw_split(SplitDrawing(parts=parts), narrow=narrow)

    assert touching(figure) == []


@NARROW
@pytest.mark.parametrize("names", [("base", "trained"), ("qwen-coder-base", "qwen-coder-grpo")])
def test_no_label_of_a_flow_lies_on_another(names: tuple[str, str], *, narrow: bool) -> None:
    side = ((1.0, "1,319"), (0.9, "1,187"), (0.5, "660"), (0.3, "396"))
    stages = ("asked", "finished", "answer found", "right")
    drawing = FlowDrawing(stages=stages, base=side, trained=side, names=names)

    assert touching(draw_flow(drawing, narrow=narrow)) == []


def test_intervals_and_labels_of_an_estimate_stand_where_its_axes_say() -> None:
    base = Dot(label="m", at=0.4, low=0.36, high=0.43, shown="", role="base")
    trained = Dot(label="m", at=0.7, low=0.66, high=0.73, shown="", role="trained")
    gain = Dot(label="gain", at=0.3, low=0.25, high=0.36, shown="+30.0", role="gain")
    sheet = draw_estimate(
        EstimateDrawing(
            rates=(base, trained),
            gain=gain,
            band=Band(low=-0.02, high=0.02, label="margin"),
            rate_axis="accuracy",
            gain_axis="gain",
        )
    )

    rates, gains = sheet.panes
    assert lines(sheet, rates, "base") == [[(0.36, 1), (0.43, 1)]]
    assert lines(sheet, rates, "trained") == [[(0.66, 0), (0.73, 0)]]
    assert discs(sheet, rates, "trained") == [(0.7, 0)]
    assert lines(sheet, gains, "gain") == [[(0.25, 0.5), (0.36, 0.5)]]
    assert discs(sheet, gains, "gain") == [(0.3, 0.5)]
    (band,) = filled(sheet, gains, "band")
    assert {x for x, _ in band} == {-0.02, 0.02}
    for pane in sheet.panes:
        for text, at in axis_labels(sheet, pane, x=True):
            assert float(text.replace("\u2212", "-")) == pytest.approx(100 * at, abs=1e-6)


def test_parts_of_a_split_bar_are_as_long_as_their_counts_and_laid_end_to_end() -> None:
    drawing = SplitDrawing(parts=(("a", 30, "30", "gain", True), ("b", 10, "10", "loss", True)))

    sheet = draw_split(drawing)

    (pane,) = sheet.panes
    ends = [sorted({x for x, _ in filled(sheet, pane, role)[0]}) for role in ("gain", "loss")]
    assert ends == [[0, 30], [30, 40]]


def test_bars_of_a_flow_are_as_long_as_their_shares() -> None:
    stages, names = ("asked", "right"), ("base", "trained")
    base, trained = ((1.0, "9"), (0.25, "2")), ((1.0, "9"), (0.75, "7"))

    sheet = draw_flow(FlowDrawing(stages=stages, base=base, trained=trained, names=names))

    reached = {
        role: [
            max(x for x, _ in corners)
            for corners in filled(sheet, pane, role)
            if all(0 <= x <= 1 for x, _ in corners)
        ]
        for role in names
        for pane in sheet.panes[1:]
    }
    assert reached == {"base": [1, 0.25], "trained": [1, 0.75]}
