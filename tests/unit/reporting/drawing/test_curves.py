from __future__ import annotations

import pytest
from drawn_labels import touching

from evalsuite.reporting.blocks import CurveDrawing, Mark
from evalsuite.reporting.drawing.curves import draw_curve


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
