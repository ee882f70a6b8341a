"""Drawings as figures. Nothing is computed here.

Every figure is drawn from finished numbers and finished text, in colours named by what they stand
for; the words of a figure's title and tables live in the page around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    CurveDrawing,
    EstimateDrawing,
    FlowDrawing,
    ForestDrawing,
    PanelsDrawing,
    SplitDrawing,
    WaterfallDrawing,
)
from evalsuite.reporting.drawing.charts import (
    draw_estimate,
    draw_flow,
    draw_split,
)
from evalsuite.reporting.drawing.curves import draw_curve, draw_panels
from evalsuite.reporting.drawing.forest_charts import draw_forest
from evalsuite.reporting.drawing.svg import sheet_svg
from evalsuite.reporting.drawing.waterfalls import draw_waterfall
from evalsuite.reporting.numbers import true_minus

if TYPE_CHECKING:
    from evalsuite.reporting.blocks import Drawing, Plot
    from evalsuite.reporting.drawing.sheet import Sheet

__all__ = ["draw", "figure_svg"]


def figure_svg(plot: Plot, *, narrow: bool = False) -> str:
    """Draw a figure as SVG that can stand inside the report, full or for a telephone."""
    sheet = draw(plot.drawing, narrow=narrow)
    return sheet_svg(
        sheet,
        identity=f"svg-narrow-{plot.id}" if narrow else f"svg-{plot.id}",
        title=true_minus(str(plot.title)),
        description=true_minus(plot.alt),
        frames=_frames(sheet) if plot.slider is not None else "",
    )


def _frames(sheet: Sheet) -> str:
    """Tell where each pane lies, and the ends of its axis: a script draws the slider's line."""
    return ";".join(
        " ".join(f"{x:.2f}" for x in (pane.left, pane.right, pane.top, pane.bottom, *pane.x))
        for pane in sheet.panes
    )


def draw(drawing: Drawing, *, narrow: bool = False) -> Sheet:
    """Draw one drawing, full or for a telephone."""
    match drawing:
        case EstimateDrawing():
            sheet = draw_estimate(drawing, narrow=narrow)
        case SplitDrawing():
            sheet = draw_split(drawing, narrow=narrow)
        case WaterfallDrawing():
            sheet = draw_waterfall(drawing, narrow=narrow)
        case FlowDrawing():
            sheet = draw_flow(drawing, narrow=narrow)
        case ForestDrawing():
            sheet = draw_forest(drawing, narrow=narrow)
        case PanelsDrawing():
            sheet = draw_panels(drawing, narrow=narrow)
        case CurveDrawing():
            sheet = draw_curve(drawing, narrow=narrow)
    return sheet
