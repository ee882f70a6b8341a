"""Forests drawn: a row an estimate, its words beside the interval or, on a telephone, above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.axes import (
    NARROW,
    WIDTH,
    bar_through,
    canvas,
    name_below,
    point_ticks,
    reach,
    shade,
    write,
    zero_line,
)
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.reporting.blocks import Dot, ForestDrawing
    from evalsuite.reporting.drawing.sheet import Pane, Sheet

__all__ = ["draw_forest"]

COLUMN = 0.075
"""Inches of a column of text, in the widest of the fonts that readers have."""
GAP, RIGHT = 0.1, 1.8
"""Inches between columns, and for the gains to the right of the axis."""
SHORT = 13
"""Columns of a label that has room beside its numbers on a telephone."""
_ALIGN = ("left", "right", "right", "left")
_ALIGN_NARROW = ("left", "right", "right", "right")


def draw_forest(drawing: ForestDrawing, *, narrow: bool = False) -> Sheet:
    """Draw one row an estimate and the wholes, which stand last, as diamonds under a rule."""
    if narrow:
        return _narrow_forest(drawing)
    rows = len(drawing.rows)
    height, first, second = 0.3 * (rows + 1), *_beside(drawing)
    left = max(2.45, _label_width(drawing) + GAP + first)
    wide = WIDTH - left - GAP - RIGHT
    sheet, (pane,) = canvas(height + 0.5, [(left + GAP, 0.42, wide, height)])
    low, high = _axis(pane, drawing, (-0.6, rows + 0.4))
    inch = (high - low) / wide
    places = (low - left * inch, low - second * inch, low - GAP * inch, high + GAP * inch)
    headings = zip(drawing.headings, places, _ALIGN, strict=True)
    _row_of_words(pane, rows - 0.1, headings, "quiet", size=8)
    for i, row in enumerate(drawing.rows):
        y, cells = (
            rows - 1 - i,
            zip((row.label, *row.aside, row.shown), places, _ALIGN, strict=True),
        )
        _row_of_words(pane, y, cells, "text", size=8.5, bold=row.emphasis)
        _mark(pane, row, y)
    wholes = sum(row.emphasis for row in drawing.rows)
    if 0 < wholes < rows:
        ends = [places[0], places[-1] + RIGHT * inch]
        rule = wholes - 0.5
        pane.line(ends, [rule, rule], "quiet", 0.7)
    return sheet


def _narrow_forest(drawing: ForestDrawing) -> Sheet:
    """Draw the same with each row's words above its interval, so that the axis has the width."""
    rows = len(drawing.rows)
    # a long label has a line of its own
    is_long = _label_width(drawing) > SHORT * COLUMN
    unit, above = (0.72, 0.34) if is_long else (0.52, 0.36)
    height, wide = unit * (rows + 0.6), NARROW - 0.3
    sheet, (pane,) = canvas(height + 0.5, [(0.15, 0.42, wide, height)], NARROW)
    low, high = _axis(pane, drawing, (-0.5, rows + 0.1))
    inch = (high - low) / wide
    second = _beside(drawing)[1]
    shown = max(columns(row.shown) for row in drawing.rows) * COLUMN
    ends = min(2.65, wide - GAP - shown)
    places = (low, low + min(1.9, ends - second + GAP) * inch, low + ends * inch, high)
    headings = zip(drawing.headings, places, _ALIGN_NARROW, strict=True)
    _row_of_words(pane, rows - 0.1, headings, "quiet", size=8)
    for i, row in enumerate(drawing.rows):
        y, cells = (
            rows - 1 - i,
            zip(("", *row.aside, row.shown), places, _ALIGN_NARROW, strict=True),
        )
        _row_of_words(pane, y + above, cells, "text", size=9, bold=row.emphasis)
        write(pane, low, y + (0.6 if is_long else above), row.label, "text", bold=row.emphasis)
        _mark(pane, row, y)
    return sheet


def _axis(pane: Pane, drawing: ForestDrawing, y: tuple[float, float]) -> tuple[float, float]:
    pane.x, pane.y = reach([at for row in drawing.rows for at in (row.low, row.high)]), y
    shade(pane, drawing.band)
    point_ticks(pane)
    zero_line(pane)
    name_below(pane, drawing.axis)
    return pane.x


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
    pane: Pane,
    y: float,
    cells: Iterable[tuple[str, float, str]],
    colour: str,
    *,
    size: float,
    bold: bool = False,
) -> None:
    for text, place, align in cells:
        write(pane, place, y, text, colour, align=align, size=size, bold=bold)


def _mark(pane: Pane, row: Dot, y: float) -> None:
    if row.emphasis:
        corners = [(row.low, y), (row.at, y + 0.28), (row.high, y), (row.at, y - 0.28)]
        pane.shape(corners, fill=row.role, order=3)
        return
    bar_through(pane, row, y)
    pane.square(row.at, y, 5.5, fill="paper", stroke=row.role, width=1.4, order=4)
