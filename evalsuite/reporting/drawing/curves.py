"""Figures over an axis that runs: token budgets, training steps, numbers of questions."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.axes import (
    NARROW,
    WIDTH,
    canvas,
    name_below,
    point_ticks,
    round_places,
    ticks,
    write,
    zero_line,
)
from evalsuite.reporting.drawing.sheet import INCH, logarithm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.reporting.blocks import CurveDrawing, Line, Mark, Panel, PanelsDrawing
    from evalsuite.reporting.drawing.sheet import Pane, Sheet

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
_STYLES: dict[str, tuple[tuple[float, ...], str]] = {
    "dashed": ((2, 2), "\u2506"),
    "solid": ((), "\u2502"),
    "dotted": ((0.8, 1.6), "\u250a"),
}
"""How a mark is drawn, and the sign that stands for it beside its name."""


def draw_panels(drawing: PanelsDrawing, *, narrow: bool = False) -> Sheet:
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
    sheet, panes = canvas(height + _HEADER * len(headers), boxes, width)
    for i, (pane, panel) in enumerate(zip(panes, drawing.panels, strict=True)):
        _panel(pane, panel, drawing, named=i + columns >= len(drawing.panels))
    for i, header in enumerate(reversed(headers), start=1):
        _header(panes[0], header, lift=10 + INCH * _HEADER * i)
    if drawing.legend and not _has_long_names(drawing):
        _legend(panes[0], drawing.panels[0].lines)
    return sheet


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


def _header(pane: Pane, header: Header, *, lift: float) -> None:
    shift = 0.0
    for text, role in header:
        write(pane, pane.x[0], pane.y[1], text, role, size=8, lift=lift, shift=shift)
        shift += 5.2 * len(text) + 14  # points a letter of this size takes, with air between


def _panel(pane: Pane, panel: Panel, drawing: PanelsDrawing, *, named: bool) -> None:
    x = drawing.span or panel.lines[0].x
    pane.x, pane.is_logarithmic = (x[0], x[-1]), drawing.logarithmic
    everything = [v for line in panel.lines for v in (*line.y, *line.low, *line.high)]
    if panel.floor is not None:
        everything.append(panel.floor)
    if panel.ceiling is not None:
        everything.append(panel.ceiling)
    low, high = min(everything), max(everything)
    air = (high - low or 1) * 0.07
    pane.y = (low if low == 0 else low - air, high + air)
    _y_axis(pane, panel)
    places = drawing.ticks or tuple(round_places(x[0], x[-1]))
    ticks(pane, places, _thinned(places, drawing, x), x=True)
    for mark in panel.marks:
        if not x[0] <= mark.at <= x[-1]:
            continue
        dash, _ = _STYLES[mark.style]
        pane.stroke([pane.upright(mark.at)], "quiet", 0.9, dash=dash, order=1)
    for line in panel.lines:
        if line.alone:
            _whiskers(pane, line)
        else:
            has_dots = (drawing.logarithmic and not line.stepped) or line.dots
            _line(pane, line, dots=has_dots)
    write(pane, pane.x[0], pane.y[1], panel.title, "text", bold=True, lift=10)
    if named:
        name_below(pane, drawing.axis)


def _thinned(places: Sequence[float], drawing: PanelsDrawing, x: Sequence[float]) -> list[str]:
    """Write labels from the right end on, leaving out those that would touch."""
    if not drawing.logarithmic:
        return [f"{tick:,.0f}" for tick in places]
    whole = logarithm(x[-1]) - logarithm(x[0]) or 1.0
    labels, last = [""] * len(places), math.inf
    for i in reversed(range(len(places))):
        at = (logarithm(places[i]) - logarithm(x[0])) / whole
        if last - at >= _ROOM:
            labels[i], last = f"{places[i]:,.0f}", at
    return labels


def _y_axis(pane: Pane, panel: Panel) -> None:
    if not panel.percent and panel.lines[0].role == "text":
        point_ticks(pane, x=False)
        zero_line(pane, x=False)
        return
    scale = 100 if panel.percent else 1
    places = round_places(scale * pane.y[0], scale * pane.y[1])
    ticks(pane, [p / scale for p in places], [f"{p:,.3g}" for p in places], x=False)


def _line(pane: Pane, line: Line, *, dots: bool) -> None:
    if line.low:
        upper, lower = zip(line.x, line.high, strict=True), zip(line.x, line.low, strict=True)
        pane.shape([*upper, *reversed([*lower])], fill=line.role, opacity=0.16, order=2)
    width = 0.7 if line.faint else 1.2 if line.stepped else 1.7
    dash = (4, 1.6) if line.role == "base" else ()
    for x, y in _stretches(line):
        pane.line(*(_steps(x, y) if line.stepped else (x, y)), line.role, width, dash=dash, order=3)
    if dots:
        _dots(pane, line, order=3)


def _stretches(line: Line) -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    """Part a line where it has a gap."""
    places = zip(line.x, line.y, strict=True)
    for is_known, stretch in groupby(places, key=lambda place: math.isfinite(place[1])):
        if is_known:
            x, y = zip(*stretch, strict=True)
            yield x, y


def _steps(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Hold each value up to the next place."""
    return (
        [x[0], *(place for place in x[1:] for _ in range(2))],
        [*(value for value in y[:-1] for _ in range(2)), y[-1]],
    )


def _dots(pane: Pane, line: Line, *, order: float) -> None:
    fill = "paper" if line.role == "base" else line.role
    for x, y in zip(line.x, line.y, strict=True):
        if math.isfinite(y):
            pane.disc(x, y, 4.5, fill=fill, stroke=line.role, width=1.2, order=order)


def _whiskers(pane: Pane, line: Line) -> None:
    """Draw marks with an interval each: between them nothing is known of it."""
    for x, low, high in zip(line.x, line.low, line.high, strict=False):
        pane.line((x, x), (low, high), line.role, 1.1, order=3)
    _dots(pane, line, order=4)


def _legend(pane: Pane, lines: Sequence[Line]) -> None:
    """Name the lines in the upper right corner, each in its colour with its mark."""
    right, top = pane.x[1], pane.y[1]
    for i, line in enumerate(line for line in lines if line.label):
        text = f"{line.label} {'○' if line.role == 'base' else '●'}"
        write(pane, right, top, text, line.role, align="right", size=8, lift=-6 - 12 * i)


def draw_curve(drawing: CurveDrawing, *, narrow: bool = False) -> Sheet:
    """Draw one falling curve over a logarithmic axis, with labelled points."""
    width = NARROW if narrow else WIDTH
    sheet, (pane,) = canvas(2.5, [(0.5, 0.45, width - 0.7, 1.85)], width)
    top = max([*drawing.y, drawing.line.at if drawing.line else 0]) * 1.08
    pane.x, pane.y, pane.is_logarithmic = (drawing.x[0], drawing.x[-1]), (0, top), True
    places = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000]
    shown = [p for p in places if drawing.x[0] <= p <= drawing.x[-1]]
    ticks(pane, shown, [f"{p:,}" for p in shown], x=True)
    high = round_places(0, 100 * top)
    ticks(pane, [p / 100 for p in high], [f"{p:g}" for p in high], x=False)
    if drawing.line:
        _level(pane, drawing, drawing.line)
    pane.line(drawing.x, drawing.y, "text", 1.6)
    _points(pane, drawing)
    name_below(pane, drawing.x_axis)
    write(pane, drawing.x[0], top, drawing.y_axis, "quiet", size=8, lift=8)
    return sheet


def _level(pane: Pane, drawing: CurveDrawing, line: Mark) -> None:
    pane.stroke([pane.level(line.at)], "trained", 1, dash=(2, 2))
    # the curve falls: below its middle the left is free, above it the right
    is_low = line.at < pane.y[1] / 2
    x, align = (drawing.x[0], "left") if is_low else (drawing.x[-1], "right")
    write(pane, x, line.at, line.label, "trained", align=align, size=8, lift=7)


def _points(pane: Pane, drawing: CurveDrawing) -> None:
    for x, y, label in drawing.points:
        pane.disc(x, y, 5.5, fill="text", stroke="text", width=1, order=2)
        write(pane, x, y, label, "text", size=8.5, lift=8, shift=4)
