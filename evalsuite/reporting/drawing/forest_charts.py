"""Forests drawn: a row an estimate, its words beside the interval or, on a telephone, above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Polygon

from evalsuite.reporting.drawing.axes import (
    NARROW,
    WIDTH,
    bar_through,
    canvas,
    name_below,
    point_axis,
    reach,
    shade,
    ticks,
    write,
    zero_line,
)
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evalsuite.reporting.blocks import Dot, ForestDrawing
    from evalsuite.reporting.drawing.palette import Palette

__all__ = ["draw_forest"]

COLUMN = 0.075
"""Inches of a column of text, in the widest of the fonts that readers have."""
GAP, RIGHT = 0.1, 1.8
"""Inches between columns, and for the gains to the right of the axis."""
SHORT = 13
"""Columns of a label that has room beside its numbers on a telephone."""
_ALIGN = ("left", "right", "right", "left")
_ALIGN_NARROW = ("left", "right", "right", "right")


def draw_forest(drawing: ForestDrawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw one row an estimate and the wholes, which stand last, as diamonds under a rule."""
    if narrow:
        return _narrow_forest(drawing, palette)
    rows = len(drawing.rows)
    height, first, second = 0.3 * (rows + 1), *_beside(drawing)
    left = max(2.45, _label_width(drawing) + GAP + first)
    wide = WIDTH - left - GAP - RIGHT
    figure, (axes,) = canvas(height + 0.5, [(left + GAP, 0.42, wide, height)])
    low, high = _axis(axes, drawing, palette)
    axes.set_ylim(-0.6, rows + 0.4)
    inch = (high - low) / wide
    places = (low - left * inch, low - second * inch, low - GAP * inch, high + GAP * inch)
    quiet, text = palette["quiet"], palette["text"]
    _row_of_words(
        axes, rows - 0.1, zip(drawing.headings, places, _ALIGN, strict=True), quiet, size=8
    )
    for i, row in enumerate(drawing.rows):
        y, cells = (
            rows - 1 - i,
            zip((row.label, *row.aside, row.shown), places, _ALIGN, strict=True),
        )
        _row_of_words(axes, y, cells, text, size=8.5, bold=row.emphasis)
        _mark(axes, row, y, palette)
    wholes = sum(row.emphasis for row in drawing.rows)
    if 0 < wholes < rows:
        ends = [places[0], places[-1] + RIGHT * inch]
        rule = wholes - 0.5
        axes.plot(ends, [rule, rule], color=palette["quiet"], lw=0.7, clip_on=False)
    return figure


def _narrow_forest(drawing: ForestDrawing, palette: Palette) -> Figure:
    """Draw the same with each row's words above its interval, so that the axis has the width."""
    rows = len(drawing.rows)
    # a long label has a line of its own
    is_long = _label_width(drawing) > SHORT * COLUMN
    unit, above = (0.72, 0.34) if is_long else (0.52, 0.36)
    height, wide = unit * (rows + 0.6), NARROW - 0.3
    figure, (axes,) = canvas(height + 0.5, [(0.15, 0.42, wide, height)], NARROW)
    low, high = _axis(axes, drawing, palette)
    axes.set_ylim(-0.5, rows + 0.1)
    inch = (high - low) / wide
    second = _beside(drawing)[1]
    shown = max(columns(row.shown) for row in drawing.rows) * COLUMN
    ends = min(2.65, wide - GAP - shown)
    places = (low, low + min(1.9, ends - second + GAP) * inch, low + ends * inch, high)
    quiet, text = palette["quiet"], palette["text"]
    _row_of_words(
        axes, rows - 0.1, zip(drawing.headings, places, _ALIGN_NARROW, strict=True), quiet, size=8
    )
    for i, row in enumerate(drawing.rows):
        y, cells = (
            rows - 1 - i,
            zip(("", *row.aside, row.shown), places, _ALIGN_NARROW, strict=True),
        )
        _row_of_words(axes, y + above, cells, text, size=9, bold=row.emphasis)
        write(axes, low, y + (0.6 if is_long else above), row.label, text, bold=row.emphasis)
        _mark(axes, row, y, palette)
    return figure


def _axis(axes: Axes, drawing: ForestDrawing, palette: Palette) -> tuple[float, float]:
    low, high = reach([place for row in drawing.rows for place in (row.low, row.high)])
    shade(axes, drawing.band, palette)
    point_axis(axes, low, high, palette)
    ticks(axes, [], [], palette, x=False)
    zero_line(axes, palette)
    name_below(axes, drawing.axis, palette)
    return low, high


def _label_width(drawing: ForestDrawing) -> float:
    """Measure the longest label beside which numbers stand, in inches."""
    beside = (columns(row.label) for row in drawing.rows if any(row.aside))
    return COLUMN * max(beside, default=0)


def _beside(drawing: ForestDrawing) -> tuple[float, float]:
    """Measure how far left of the axis both columns of numbers reach, and the second, in inches."""
    sides = [drawing.headings[1:3], *(row.aside for row in drawing.rows if row.aside)]
    first, second = (COLUMN * max(map(columns, texts)) for texts in zip(*sides, strict=True))
    return GAP + second + GAP + first, GAP + second + GAP


def _row_of_words(
    axes: Axes,
    y: float,
    cells: Iterable[tuple[str, float, str]],
    colour: str,
    *,
    size: float,
    bold: bool = False,
) -> None:
    for text, place, align in cells:
        write(axes, place, y, text, colour, align=align, size=size, bold=bold)


def _mark(axes: Axes, row: Dot, y: float, palette: Palette) -> None:
    if row.emphasis:
        corners = [(row.low, y), (row.at, y + 0.28), (row.high, y), (row.at, y - 0.28)]
        axes.add_patch(Polygon(corners, facecolor=palette[row.role], lw=0, zorder=3))
        return
    bar_through(axes, row, y, palette)
    axes.plot(
        [row.at],
        [y],
        marker="s",
        markersize=5.5,
        markerfacecolor=palette["paper"],
        markeredgecolor=palette[row.role],
        markeredgewidth=1.4,
        linestyle="none",
        zorder=4,
    )
