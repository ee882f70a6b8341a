"""Drawings as matplotlib figures, for the page and for a paper. Nothing is computed here.

Every figure is drawn from finished numbers and finished text, in colours taken from a palette by
what they stand for; the words of a figure's title and tables live in the page around it.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl

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
    draw_forest,
    draw_split,
    draw_waterfall,
)
from evalsuite.reporting.drawing.curves import draw_curve, draw_panels
from evalsuite.reporting.drawing.palette import LIGHT, MARKERS
from evalsuite.reporting.drawing.svg import inline_svg, save_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

    from evalsuite.reporting.blocks import Drawing, Plot
    from evalsuite.reporting.drawing.palette import Palette

__all__ = ["draw", "figure_svg", "save_figure"]


def figure_svg(plot: Plot) -> str:
    """Draw a figure as SVG that can stand inside the report."""
    with mpl.rc_context(save_settings(plot.id)), _any_script():
        return inline_svg(
            draw(plot.drawing, MARKERS),
            identity=f"svg-{plot.id}",
            title=str(plot.title),
            description=plot.alt,
        )


def save_figure(plot: Plot, folder: Path) -> tuple[Path, ...]:
    """Save a figure for a paper into an existing folder: SVG, PDF and PNG, in print colours."""
    paths = tuple(folder / f"{plot.id}.{kind}" for kind in ("svg", "pdf", "png"))
    settings = save_settings(plot.id) | {"font.family": ["DejaVu Sans", "Noto Sans CJK SC"]}
    with mpl.rc_context(settings), _any_script():
        figure = draw(plot.drawing, LIGHT)
        for path in paths:
            metadata = {
                "png": {"Software": None},
                "svg": {"Date": None},
                "pdf": {"CreationDate": None},
            }
            figure.savefig(path, dpi=200, metadata=metadata[path.suffix[1:]])
    return paths


@contextmanager
def _any_script() -> Iterator[None]:
    """Let figures hold any script: text stays text, and the reader's fonts draw it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        yield


def draw(drawing: Drawing, palette: Palette) -> Figure:
    """Draw one drawing."""
    match drawing:
        case EstimateDrawing():
            figure = draw_estimate(drawing, palette)
        case SplitDrawing():
            figure = draw_split(drawing, palette)
        case WaterfallDrawing():
            figure = draw_waterfall(drawing, palette)
        case FlowDrawing():
            figure = draw_flow(drawing, palette)
        case ForestDrawing():
            figure = draw_forest(drawing, palette)
        case PanelsDrawing():
            figure = draw_panels(drawing, palette)
        case CurveDrawing():
            figure = draw_curve(drawing, palette)
    return figure
