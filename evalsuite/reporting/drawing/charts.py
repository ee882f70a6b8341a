"""Figures of one comparison: estimate, split, flow."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from evalsuite.reporting.drawing.axes import (
    NARROW,
    WIDTH,
    bar_through,
    canvas,
    dot,
    name_below,
    point_axis,
    pushed_apart,
    reach,
    shade,
    ticks,
    write,
    zero_line,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evalsuite.reporting.blocks import (
        EstimateDrawing,
        FlowDrawing,
        SplitDrawing,
    )
    from evalsuite.reporting.drawing.palette import Palette

__all__ = ["draw_estimate", "draw_flow", "draw_split"]


def draw_estimate(drawing: EstimateDrawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw both accuracies on a full axis and their difference on its own, beside or below."""
    if narrow:
        wide = NARROW - 0.3
        boxes = [(0.15, 2.05, wide, 1.2), (0.15, 0.45, wide, 1.1)]
        figure, (rates, gain) = canvas(3.3, boxes, NARROW)
    else:
        boxes = [(0.1, 0.45, 3.5, 1.2), (4.0, 0.45, 2.7, 1.2)]
        figure, (rates, gain) = canvas(1.75, boxes)
    _rates(rates, drawing, palette)
    _gain(gain, drawing, palette)
    return figure


def _rates(axes: Axes, drawing: EstimateDrawing, palette: Palette) -> None:
    axes.set(xlim=(0, 1), ylim=(-0.7, 1.75))
    ticks(axes, [0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"], palette, x=True)
    ticks(axes, [], [], palette, x=False)
    for mark, y in zip(drawing.rates, (1.0, 0.0), strict=True):
        bar_through(axes, mark, y, palette)
        dot(axes, mark, y, palette)
        is_high = mark.at > 0.62
        write(
            axes,
            mark.low if is_high else mark.high,
            y,
            f"{mark.label} {mark.shown}",
            palette[mark.role],
            align="right" if is_high else "left",
            shift=-6 if is_high else 6,
            bold=mark.role == "trained",
        )
    name_below(axes, drawing.rate_axis, palette)


def _gain(axes: Axes, drawing: EstimateDrawing, palette: Palette) -> None:
    gain, band = drawing.gain, drawing.band
    low, high = reach((gain.low, gain.high, band.low, band.high))
    shade(axes, band, palette)
    point_axis(axes, low, high, palette)
    axes.set_ylim(-0.7, 1.75)
    ticks(axes, [], [], palette, x=False)
    zero_line(axes, palette)
    bar_through(axes, gain, 0.5, palette)
    dot(axes, gain, 0.5, palette, size=8)
    room = 0.3 * (high - low)
    middle = min(max(gain.at, low + room), high - room)
    write(axes, middle, 0.5, gain.shown, palette["trained"], align="center", bold=True, lift=14)
    name_below(axes, drawing.gain_axis, palette)


def draw_split(drawing: SplitDrawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw one bar in four parts, labelled above."""
    width = NARROW if narrow else WIDTH
    figure, (axes,) = canvas(0.95, [(0.1, 0.08, width - 0.2, 0.82)], width)
    whole = sum(part[1] for part in drawing.parts) or 1
    axes.set(xlim=(0, whole), ylim=(0, 2))
    start = 0
    gap = 0.12 * WIDTH / width + (0.04 if narrow else 0)
    ends = list(accumulate(part[1] / whole for part in drawing.parts))
    middles = [end - part[1] / whole / 2 for end, part in zip(ends, drawing.parts, strict=True)]
    places = pushed_apart(middles, gap)
    for (label, size, shown, role, filled), place in zip(drawing.parts, places, strict=True):
        axes.add_patch(
            Rectangle(
                (start, 0.05),
                size,
                0.75,
                facecolor=palette[role] if filled else "none",
                edgecolor=palette["paper"] if filled else palette[role],
                lw=1,
            )
        )
        colour = palette["quiet"] if role == "muted" else palette[role]
        write(axes, place * whole, 1.55, label, colour, align="center", size=8)
        write(axes, place * whole, 1.12, shown, colour, align="center", bold=True)
        start += size
    return figure


def draw_flow(drawing: FlowDrawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw how many questions reach each stage, base above trained; stages beside or below."""
    n = len(drawing.stages)
    is_long = not narrow and max(map(len, drawing.names)) > _SHORT
    if narrow:
        boxes = [(0.1, 0.05 + (n - 1 - i) * 1.55, NARROW - 0.2, 1.35) for i in range(n)]
        figure, panes = canvas(1.55 * n, boxes, NARROW)
    else:
        wide = (WIDTH - 0.2) / n
        boxes = [(0.1 + i * wide, 0.05, wide - 0.25, 1.35) for i in range(n)]
        figure, panes = canvas(1.5 + (0.28 if is_long else 0), boxes)
    for i, axes in enumerate(panes):
        axes.set(xlim=(0, 1), ylim=(0, 3))
        write(axes, 0, 2.75, drawing.stages[i], palette["text"], bold=True)
        for y, (share, shown), role, name in (
            (1.55, drawing.base[i], "base", drawing.names[0]),
            (0.3, drawing.trained[i], "trained", drawing.names[1]),
        ):
            _stage_bar(axes, y, share, palette[role], filled=role == "trained")
            label = f"{name} {shown}" if i == 0 and not is_long else shown
            write(axes, 0, y + 0.68, label, palette[role], size=8, bold=role == "trained")
    if is_long:
        base, trained = drawing.names
        write(panes[0], 0, 2.75, f"○ {base}", palette["base"], size=8, lift=20)
        shift = 5.2 * len(base) + 28
        write(panes[0], 0, 2.75, f"● {trained}", palette["trained"], size=8, lift=20, shift=shift)
    return figure


_SHORT = 10
"""Letters of a name that has room beside its number."""


def _stage_bar(axes: Axes, y: float, share: float, colour: str, *, filled: bool) -> None:
    axes.add_patch(Rectangle((0, y), 1, 0.36, facecolor=colour, alpha=0.16, lw=0))
    axes.add_patch(
        Rectangle(
            (0, y), share, 0.36, facecolor=colour if filled else "none", edgecolor=colour, lw=1.2
        )
    )
