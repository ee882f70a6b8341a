"""Figures of one comparison: estimate, split, flow."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

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
    shade,
    ticks,
    write,
    zero_line,
)
from evalsuite.reporting.drawing.sheet import rectangle

if TYPE_CHECKING:
    from evalsuite.reporting.blocks import (
        EstimateDrawing,
        FlowDrawing,
        SplitDrawing,
    )
    from evalsuite.reporting.drawing.sheet import Pane, Sheet

__all__ = ["draw_estimate", "draw_flow", "draw_split"]

_ROWS = (-0.7, 1.75)
"""Limits of two rows, at 0 and 1, with air."""


def draw_estimate(drawing: EstimateDrawing, *, narrow: bool = False) -> Sheet:
    """Draw both accuracies on a full axis and their difference on its own, beside or below."""
    if narrow:
        wide = NARROW - 0.3
        boxes = [(0.15, 2.05, wide, 1.2), (0.15, 0.45, wide, 1.1)]
        sheet, (rates, gain) = canvas(3.3, boxes, NARROW)
    else:
        boxes = [(0.1, 0.45, 3.5, 1.2), (4.0, 0.45, 2.7, 1.2)]
        sheet, (rates, gain) = canvas(1.75, boxes)
    _rates(rates, drawing)
    _gain(gain, drawing)
    return sheet


def _rates(pane: Pane, drawing: EstimateDrawing) -> None:
    pane.y = _ROWS
    ticks(pane, [0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"], x=True)
    for mark, y in zip(drawing.rates, (1.0, 0.0), strict=True):
        bar_through(pane, mark, y)
        dot(pane, mark, y)
        is_high = mark.at > 0.62
        write(
            pane,
            mark.low if is_high else mark.high,
            y,
            f"{mark.label} {mark.shown}",
            mark.role,
            align="right" if is_high else "left",
            shift=-6 if is_high else 6,
            bold=mark.role == "trained",
        )
    name_below(pane, drawing.rate_axis)


def _gain(pane: Pane, drawing: EstimateDrawing) -> None:
    gain, band = drawing.gain, drawing.band
    pane.x, pane.y = reach((gain.low, gain.high, band.low, band.high)), _ROWS
    low, high = pane.x
    shade(pane, band)
    point_ticks(pane)
    zero_line(pane)
    bar_through(pane, gain, 0.5)
    dot(pane, gain, 0.5, size=8)
    room = 0.3 * (high - low)
    middle = min(max(gain.at, low + room), high - room)
    write(pane, middle, 0.5, gain.shown, "trained", align="center", bold=True, lift=14)
    name_below(pane, drawing.gain_axis)


def draw_split(drawing: SplitDrawing, *, narrow: bool = False) -> Sheet:
    """Draw one bar in four parts, labelled above."""
    width = NARROW if narrow else WIDTH
    sheet, (pane,) = canvas(0.95, [(0.1, 0.08, width - 0.2, 0.82)], width)
    whole = sum(part[1] for part in drawing.parts) or 1
    pane.x, pane.y = (0, whole), (0, 2)
    start = 0
    gap = 0.12 * WIDTH / width + (0.04 if narrow else 0)
    ends = list(accumulate(part[1] / whole for part in drawing.parts))
    middles = [end - part[1] / whole / 2 for end, part in zip(ends, drawing.parts, strict=True)]
    places = pushed_apart(middles, gap)
    for (label, size, shown, role, filled), place in zip(drawing.parts, places, strict=True):
        pane.shape(
            rectangle((start, start + size), (0.05, 0.8)),
            fill=role if filled else None,
            stroke="paper" if filled else role,
            width=1,
        )
        colour = "quiet" if role == "muted" else role
        write(pane, place * whole, 1.55, label, colour, align="center", size=8)
        write(pane, place * whole, 1.12, shown, colour, align="center", bold=True)
        start += size
    return sheet


def draw_flow(drawing: FlowDrawing, *, narrow: bool = False) -> Sheet:
    """Draw how many questions reach each stage, base above trained; stages beside or below."""
    n = len(drawing.stages)
    is_long = not narrow and max(map(len, drawing.names)) > _SHORT
    if narrow:
        boxes = [(0.1, 0.05 + (n - 1 - i) * 1.55, NARROW - 0.2, 1.35) for i in range(n)]
        sheet, panes = canvas(1.55 * n, boxes, NARROW)
    else:
        wide = (WIDTH - 0.2) / n
        boxes = [(0.1 + i * wide, 0.05, wide - 0.25, 1.35) for i in range(n)]
        sheet, panes = canvas(1.5 + (0.28 if is_long else 0), boxes)
    for i, pane in enumerate(panes):
        pane.y = (0, 3)
        write(pane, 0, 2.75, drawing.stages[i], "text", bold=True)
        for y, (share, shown), role, name in (
            (1.55, drawing.base[i], "base", drawing.names[0]),
            (0.3, drawing.trained[i], "trained", drawing.names[1]),
        ):
            _stage_bar(pane, y, share, role, filled=role == "trained")
            label = f"{name} {shown}" if i == 0 and not is_long else shown
            write(pane, 0, y + 0.68, label, role, size=8, bold=role == "trained")
    if is_long:
        base, trained = drawing.names
        write(panes[0], 0, 2.75, f"○ {base}", "base", size=8, lift=20)
        shift = 5.2 * len(base) + 28
        write(panes[0], 0, 2.75, f"● {trained}", "trained", size=8, lift=20, shift=shift)
    return sheet


_SHORT = 10
"""Letters of a name that has room beside its number."""


def _stage_bar(pane: Pane, y: float, share: float, colour: str, *, filled: bool) -> None:
    high = (y, y + 0.36)
    whole, reached = rectangle((0, 1), high), rectangle((0, share), high)
    pane.shape(whole, fill=colour, opacity=0.16)
    pane.shape(reached, fill=colour if filled else None, stroke=colour, width=1.2)
