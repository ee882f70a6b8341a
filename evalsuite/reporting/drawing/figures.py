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
    draw_split,
)
from evalsuite.reporting.drawing.curves import draw_curve, draw_panels
from evalsuite.reporting.drawing.forest_charts import draw_forest
from evalsuite.reporting.drawing.palette import LIGHT, MARKERS
from evalsuite.reporting.drawing.svg import inline_svg, save_settings
from evalsuite.reporting.drawing.waterfalls import draw_waterfall
from evalsuite.reporting.numbers import true_minus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

    from evalsuite.reporting.blocks import Drawing, Plot
    from evalsuite.reporting.drawing.palette import Palette

__all__ = ["draw", "figure_svg", "save_figure"]


def figure_svg(plot: Plot, *, narrow: bool = False) -> str:
    """Draw a figure as SVG that can stand inside the report, full or for a telephone."""
    identity = f"narrow-{plot.id}" if narrow else plot.id
    with mpl.rc_context(save_settings(identity)), _any_script():
        figure = draw(plot.drawing, MARKERS, narrow=narrow)
        return inline_svg(
            figure,
            identity=f"svg-{identity}",
            title=true_minus(str(plot.title)),
            description=true_minus(plot.alt),
            frames=_frames(figure) if plot.slider is not None else "",
        )


def _frames(figure: Figure) -> str:
    """Tell where each panel lies, and the ends of its axis: a script draws the slider's line."""
    width, height = (72 * size for size in figure.get_size_inches())
    frames = []
    for axes in figure.axes:
        box, (low, high) = axes.get_position(), axes.get_xlim()
        places = (box.x0 * width, box.x1 * width, (1 - box.y1) * height, (1 - box.y0) * height)
        frames.append(" ".join(f"{place:.2f}" for place in (*places, low, high)))
    return ";".join(frames)


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


def draw(drawing: Drawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw one drawing, full or for a telephone."""
    match drawing:
        case EstimateDrawing():
            figure = draw_estimate(drawing, palette, narrow=narrow)
        case SplitDrawing():
            figure = draw_split(drawing, palette, narrow=narrow)
        case WaterfallDrawing():
            figure = draw_waterfall(drawing, palette, narrow=narrow)
        case FlowDrawing():
            figure = draw_flow(drawing, palette, narrow=narrow)
        case ForestDrawing():
            figure = draw_forest(drawing, palette, narrow=narrow)
        case PanelsDrawing():
            figure = draw_panels(drawing, palette, narrow=narrow)
        case CurveDrawing():
            figure = draw_curve(drawing, palette, narrow=narrow)
    return figure
