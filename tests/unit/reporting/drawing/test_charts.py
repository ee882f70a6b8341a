from __future__ import annotations

import pytest
from drawn_labels import touching

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
