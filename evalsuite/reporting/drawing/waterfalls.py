"""What a gain is made of: its parts laid end to end and named there, then each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evalsuite.reporting.drawing.axes import (
    NARROW,
    WIDTH,
    bar_through,
    canvas,
    dot,
    name_below,
    point_ticks,
    pushed_apart,
    reach,
    write,
    zero_line,
)
from evalsuite.reporting.drawing.sheet import rectangle
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.reporting.blocks import Dot, WaterfallDrawing
    from evalsuite.reporting.drawing.sheet import Pane, Sheet

__all__ = ["draw_waterfall"]

ROW = 0.42
"""Inches of a row."""
LABELS = 1.1
"""Rows above the axes, where the labels of the bar's parts stand: no rule runs through them."""
COLUMN = 0.075
"""Inches of a column of a label, in the widest of the fonts that readers have."""


def draw_waterfall(drawing: WaterfallDrawing, *, narrow: bool = False) -> Sheet:
    """Draw the parts laid end to end, then each by itself and their sum, all from zero.

    An interval on a bar that starts where the last one ended would be read off the axis wrongly.
    """
    marks = (*drawing.parts, drawing.total)
    width, left, right = (NARROW, 1.0, 0.65) if narrow else (WIDTH, 1.75, 1.0)
    wide, tall = width - left - right, ROW * (len(marks) + 0.95)
    sheet, (pane,) = canvas(tall + ROW * LABELS + 0.55, [(left, 0.45, wide, tall)], width)
    bars = tuple(_bars(drawing.parts))
    ends = [end for bar in bars for end in (bar.start, bar.end)]
    low, high = reach([*ends, *(end for mark in marks for end in (mark.low, mark.high))])
    pane.x, pane.y = (low, high), (-0.6, len(marks) + 0.35)
    point_ticks(pane)
    zero_line(pane)
    _stack(pane, bars, len(marks))
    _name_parts(pane, bars, len(marks), inch=(high - low) / wide)
    for y, mark in zip(reversed(range(len(marks))), marks, strict=True):
        bar_through(pane, mark, y)
        dot(pane, mark, y, size=8 if mark.emphasis else 7)
        write(pane, low, y, mark.label, "text", align="right", shift=-8, bold=mark.emphasis)
        write(pane, high, y, mark.shown, "text", shift=8, bold=mark.emphasis)
    name_below(pane, drawing.axis)
    return sheet


class _Bar(NamedTuple):
    part: Dot
    start: float
    end: float


def _bars(parts: Sequence[Dot]) -> Iterator[_Bar]:
    """Lay gains end to end to the right of zero and losses to its left; together the gain."""
    ends = {True: 0.0, False: 0.0}
    for part in parts:
        start = ends[part.at >= 0]
        ends[part.at >= 0] = start + part.at
        yield _Bar(part, start, start + part.at)


def _stack(pane: Pane, bars: Sequence[_Bar], y: float) -> None:
    for bar in bars:
        corners = rectangle((bar.start, bar.end), (y - 0.2, y + 0.2))
        pane.shape(corners, fill=bar.part.role, stroke="paper", width=1, order=2)


def _name_parts(pane: Pane, bars: Sequence[_Bar], y: float, *, inch: float) -> None:
    """Write name and points above each part, with a line down to it; ``inch`` in axis units."""
    low, high = pane.x
    named = sorted((bar for bar in bars if bar.part.at), key=lambda bar: bar.start + bar.end)
    texts = [text for bar in named for text in (bar.part.label, bar.part.shown)]
    gap = max(map(columns, texts), default=0) * COLUMN * inch / (high - low)
    middles = [(bar.start + bar.end) / 2 for bar in named]
    places = pushed_apart([(middle - low) / (high - low) for middle in middles], gap)
    for bar, middle, place in zip(named, middles, places, strict=True):
        x, colour = low + place * (high - low), bar.part.role
        pane.line([middle, x], [y + 0.22, y + 0.5], colour, 0.8)
        write(pane, x, y + 1.15, bar.part.label, colour, align="center", size=8)
        write(pane, x, y + 0.74, bar.part.shown, colour, align="center", bold=True)
