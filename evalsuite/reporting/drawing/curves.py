"""Figures over an axis that runs: token budgets, training steps, numbers of questions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.axes import (
    NARROW,
    WIDTH,
    canvas,
    name_below,
    point_axis,
    round_places,
    ticks,
    write,
    zero_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evalsuite.reporting.blocks import CurveDrawing, Line, Mark, Panel, PanelsDrawing
    from evalsuite.reporting.drawing.palette import Palette

__all__ = ["draw_curve", "draw_panels"]

TALL = 1.35
GAP = 0.62
"""Inches between panels, for the labels of the next one."""
_ROOM = 0.2
"""Share of a panel's width that a label of its axis needs."""
_HEADER = 0.24
"""Inches of a line of words above all panels."""
_SHORT = 10
"""Letters of a name that has room inside a panel."""
_STYLES = {
    "dashed": ((0, (2, 2)), "\u2506"),
    "solid": ("solid", "\u2502"),
    "dotted": ((0, (0.8, 1.6)), "\u250a"),
}
"""How a mark is drawn, and the sign that stands for it beside its name."""


def draw_panels(drawing: PanelsDrawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw small charts in a grid over one kind of x axis; one below the other where narrow."""
    width, columns = (NARROW, 1) if narrow else (WIDTH, drawing.columns)
    rows = -(-len(drawing.panels) // columns)
    wide = (width - 0.2 - columns * 0.45) / columns
    height = rows * (TALL + GAP) + 0.1
    headers = _headers(drawing)
    boxes = [
        (
            0.42 + (i % columns) * (wide + 0.45),
            height - (i // columns) * (TALL + GAP) - TALL - 0.3,
            wide,
            TALL,
        )
        for i in range(len(drawing.panels))
    ]
    figure, panes = canvas(height + _HEADER * len(headers), boxes, width)
    for i, (axes, panel) in enumerate(zip(panes, drawing.panels, strict=True)):
        _panel(axes, panel, drawing, palette, named=i + columns >= len(drawing.panels))
    for i, header in enumerate(reversed(headers), start=1):
        _header(panes[0], header, palette, lift=10 + 72 * _HEADER * i)
    if drawing.legend and not _has_long_names(drawing):
        _legend(panes[0], drawing.panels[0].lines, palette)
    return figure


Header = tuple[tuple[str, str], ...]
"""Words over all panels, each with the role that gives its colour."""


def _headers(drawing: PanelsDrawing) -> list[Header]:
    """Say above the first panel what lines stand for that have no room inside it, then marks."""
    if not drawing.legend:
        return []
    headers: list[Header] = []
    if _has_long_names(drawing):
        named = [line for line in drawing.panels[0].lines if line.label]
        headers.append(tuple((_signed(line), line.role) for line in named))
    span = drawing.span or drawing.panels[0].lines[0].x
    marks = [m for m in drawing.panels[0].marks if span[0] <= m.at <= span[-1]]
    if marks:
        told = "\u2003".join(f"{_STYLES[mark.style][1]} {mark.label}" for mark in marks)
        headers.append(((told, "quiet"),))
    return headers


def _has_long_names(drawing: PanelsDrawing) -> bool:
    return any(len(line.label) > _SHORT for line in drawing.panels[0].lines)


def _signed(line: Line) -> str:
    return f"{'○' if line.role == 'base' else '●'} {line.label}"


def _header(axes: Axes, header: Header, palette: Palette, *, lift: float) -> None:
    (low, _), top, shift = axes.get_xlim(), axes.get_ylim()[1], 0.0
    for text, role in header:
        write(axes, low, top, text, palette[role], size=8, lift=lift, shift=shift)
        shift += 5.2 * len(text) + 14  # points a letter of this size takes, with air between


def _panel(
    axes: Axes, panel: Panel, drawing: PanelsDrawing, palette: Palette, *, named: bool
) -> None:
    if drawing.logarithmic:
        axes.set_xscale("log", base=2)
    everything = [v for line in panel.lines for v in (*line.y, *line.low, *line.high)]
    if panel.floor is not None:
        everything.append(panel.floor)
    if panel.ceiling is not None:
        everything.append(panel.ceiling)
    low, high = min(everything), max(everything)
    air = (high - low or 1) * 0.07
    low = low if low == 0 else low - air
    _y_axis(axes, panel, low, high + air, palette)
    x = drawing.span or panel.lines[0].x
    places = drawing.ticks or tuple(round_places(x[0], x[-1]))
    ticks(axes, places, _thinned(places, drawing, x), palette, x=True)
    axes.set_xlim(x[0], x[-1])
    for mark in panel.marks:
        if not x[0] <= mark.at <= x[-1]:
            continue
        style, _ = _STYLES[mark.style]
        axes.axvline(mark.at, color=palette["quiet"], lw=0.9, linestyle=style, zorder=1)
    for line in panel.lines:
        if line.alone:
            _whiskers(axes, line, palette)
        else:
            has_dots = (drawing.logarithmic and not line.stepped) or line.dots
            _line(axes, line, palette, dots=has_dots)
    write(axes, axes.get_xlim()[0], high + air, panel.title, palette["text"], bold=True, lift=10)
    if named:
        name_below(axes, drawing.axis, palette)


def _thinned(places: Sequence[float], drawing: PanelsDrawing, x: Sequence[float]) -> list[str]:
    """Write labels from the right end on, leaving out those that would touch."""
    if not drawing.logarithmic:
        return [f"{tick:,.0f}" for tick in places]
    whole = math.log(x[-1] / x[0]) or 1.0
    labels, last = [""] * len(places), math.inf
    for i in reversed(range(len(places))):
        at = math.log(places[i] / x[0]) / whole
        if last - at >= _ROOM:
            labels[i], last = f"{places[i]:,.0f}", at
    return labels


def _y_axis(axes: Axes, panel: Panel, low: float, high: float, palette: Palette) -> None:
    if not panel.percent and panel.lines[0].role == "text":
        point_axis(axes, low, high, palette, x=False)
        zero_line(axes, palette, x=False)
        return
    axes.set_ylim(low, high)
    scale = 100 if panel.percent else 1
    places = round_places(scale * low, scale * high)
    ticks(axes, [p / scale for p in places], [f"{p:,.3g}" for p in places], palette, x=False)


def _line(axes: Axes, line: Line, palette: Palette, *, dots: bool) -> None:
    colour = palette[line.role]
    if line.low:
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.16, lw=0, zorder=2)
    axes.plot(
        line.x,
        line.y,
        color=colour,
        drawstyle="steps-post" if line.stepped else "default",
        lw=0.7 if line.faint else 1.2 if line.stepped else 1.7,
        linestyle=(0, (4, 1.6)) if line.role == "base" else "solid",
        marker="o" if dots else None,
        markersize=4.5,
        markerfacecolor=palette["paper"] if line.role == "base" else colour,
        markeredgecolor=colour,
        markeredgewidth=1.2,
        clip_on=False,
        zorder=3,
    )


def _whiskers(axes: Axes, line: Line, palette: Palette) -> None:
    """Draw marks with an interval each: between them nothing is known of it."""
    for x, low, high in zip(line.x, line.low, line.high, strict=False):
        axes.plot([x, x], [low, high], color=palette[line.role], lw=1.1, zorder=3)
    axes.plot(
        line.x,
        line.y,
        linestyle="none",
        marker="o",
        markersize=4.5,
        markerfacecolor=palette["paper"] if line.role == "base" else palette[line.role],
        markeredgecolor=palette[line.role],
        markeredgewidth=1.2,
        clip_on=False,
        zorder=4,
    )


def _legend(axes: Axes, lines: Sequence[Line], palette: Palette) -> None:
    """Name the lines in the upper right corner, each in its colour with its mark."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    for i, line in enumerate(line for line in lines if line.label):
        text = f"{line.label} {'○' if line.role == 'base' else '●'}"
        write(axes, right, top, text, palette[line.role], align="right", size=8, lift=-6 - 12 * i)


def draw_curve(drawing: CurveDrawing, palette: Palette, *, narrow: bool = False) -> Figure:
    """Draw one falling curve over a logarithmic axis, with labelled points."""
    width = NARROW if narrow else WIDTH
    figure, (axes,) = canvas(2.5, [(0.5, 0.45, width - 0.7, 1.85)], width)
    axes.set_xscale("log")
    top = max([*drawing.y, drawing.line.at if drawing.line else 0]) * 1.08
    axes.set_ylim(0, top)
    places = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000]
    shown = [p for p in places if drawing.x[0] <= p <= drawing.x[-1]]
    ticks(axes, shown, [f"{p:,}" for p in shown], palette, x=True)
    high = round_places(0, 100 * top)
    ticks(axes, [p / 100 for p in high], [f"{p:g}" for p in high], palette, x=False)
    axes.set_xlim(drawing.x[0], drawing.x[-1])
    if drawing.line:
        _level(axes, drawing, drawing.line, palette)
    axes.plot(drawing.x, drawing.y, color=palette["text"], lw=1.6, clip_on=False)
    _points(axes, drawing, palette)
    name_below(axes, drawing.x_axis, palette)
    write(axes, drawing.x[0], top, drawing.y_axis, palette["quiet"], size=8, lift=8)
    return figure


def _level(axes: Axes, drawing: CurveDrawing, line: Mark, palette: Palette) -> None:
    axes.axhline(line.at, color=palette["trained"], lw=1, linestyle=(0, (2, 2)))
    # the curve falls: below its middle the left is free, above it the right
    is_low = line.at < axes.get_ylim()[1] / 2
    x, align = (drawing.x[0], "left") if is_low else (drawing.x[-1], "right")
    write(axes, x, line.at, line.label, palette["trained"], align=align, size=8, lift=7)


def _points(axes: Axes, drawing: CurveDrawing, palette: Palette) -> None:
    for x, y, label in drawing.points:
        axes.plot(
            [x],
            [y],
            marker="o",
            markersize=5.5,
            color=palette["text"],
            linestyle="none",
            clip_on=False,
        )
        write(axes, x, y, label, palette["text"], size=8.5, lift=8, shift=4)
