"""Axes that all figures share: bare, with quiet rules, marks that differ by more than colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.sheet import INCH, Pane, Sheet, rectangle
from evalsuite.reporting.numbers import true_minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.reporting.blocks import Band, Dot

__all__ = [
    "NARROW",
    "WIDTH",
    "bar_through",
    "canvas",
    "dot",
    "name_below",
    "point_ticks",
    "pushed_apart",
    "reach",
    "round_places",
    "shade",
    "ticks",
    "write",
    "zero_line",
]

WIDTH = 6.8
"""Inches of a full-width figure."""
NARROW = 4.4
"""Inches of a figure for a telephone: at 316 pixels its smallest letters have 8."""
_EXTRA = 0.06
_LABEL_BELOW, _NAME_BELOW, _LABEL_LEFT = 12.58, 23.58, 6.5
"""Points from an axis to the baselines of its labels and of its name, and to the labels' ends."""
_MIDDLE, _FIGURE_MIDDLE = 0.26, 0.38
"""Of a letter's size, from the middle of a line of text to its baseline, and of a figure like 8."""
_AXIS_SIZE = 8.0
_STEPS = (1, 2, 5)
_NARROWEST, _WIDEST = 1e-200, 1e200
"""Lengths of an axis: beyond them numbers overflow."""


def canvas(
    height: float, boxes: Sequence[tuple[float, float, float, float]], width: float = WIDTH
) -> tuple[Sheet, list[Pane]]:
    """Open a sheet with panes in boxes of left, bottom, width and height, all in inches."""
    sheet = Sheet(width=width * INCH, height=height * INCH)
    sheet.panes += [
        Pane(
            sheet=sheet,
            left=left * INCH,
            top=(height - bottom - tall) * INCH,
            right=(left + wide) * INCH,
            bottom=(height - bottom) * INCH,
        )
        for left, bottom, wide, tall in boxes
    ]
    return sheet, sheet.panes


def write(
    pane: Pane,
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    align: str = "left",
    size: float = 9,
    bold: bool = False,
    lift: float = 0,
    shift: float = 0,
) -> None:
    """Write a label at a place on the axes, moved up and to the right by points."""
    across, up = pane.place(x, y)
    at = (across + shift, up - lift + _MIDDLE * size)
    pane.text(true_minus(text), at, colour, align=align, size=size, bold=bold)


def ticks(pane: Pane, at: Sequence[float], labels: Sequence[str], *, x: bool) -> None:
    """Label chosen places of an axis and draw quiet rules there."""
    _rules(pane, at, x=x)
    low, high = sorted(pane.x if x else pane.y)
    air = (high - low) * 1e-9
    for value, label in zip(at, labels, strict=True):
        if low - air <= value <= high + air:
            _beside_axis(pane, value, label, x=x)


def _beside_axis(pane: Pane, value: float, label: str, *, x: bool) -> None:
    """Write a label below the horizontal axis, or to the left of the vertical one."""
    across, up = pane.place(value, pane.y[0]) if x else pane.place(pane.x[0], value)
    at = (across, pane.bottom + _LABEL_BELOW)
    if not x:
        at = (pane.left - _LABEL_LEFT, up + _FIGURE_MIDDLE * _AXIS_SIZE)
    align = "center" if x else "right"
    pane.text(true_minus(label), at, "quiet", align=align, size=_AXIS_SIZE, order=1.5)


def _rules(pane: Pane, at: Sequence[float], *, x: bool) -> None:
    """Draw all rules as one broken line: one element in the file."""
    if not at:
        return
    pane.stroke(map(pane.upright if x else pane.level, at), "rule", 0.6, order=0)


def reach(values: Sequence[float], *, include: Sequence[float] = (0,)) -> tuple[float, float]:
    """Return limits that hold every value with a little air."""
    low, high = min([*values, *include]), max([*values, *include])
    air = (high - low or 0.02) * _EXTRA
    return low - air, high + air


def point_ticks(pane: Pane, *, x: bool = True) -> None:
    """Label an axis of differences: fractions inside, signed points outside."""
    low, high = pane.x if x else pane.y
    places = round_places(100 * low, 100 * high, most=5)
    digits = 0 if all(float(p).is_integer() for p in places) else 1
    labels = [_signed(place, digits) for place in places]
    ticks(pane, [place / 100 for place in places], labels, x=x)


def round_places(low: float, high: float, *, most: int = 4) -> list[float]:
    """Choose places in steps of 1, 2 or 5 times a power of ten, ``most`` steps at most.

    Smaller steps are taken where there would not be two places; a stored file may hold ends that no
    step leads through.
    """
    if not _NARROWEST < high - low < _WIDEST:
        return [low]
    widest = (high - low) / most * (1 - 1e-9)
    power = math.floor(math.log10(widest))
    steps = [step * 10.0**exponent for exponent in (power - 1, power, power + 1) for step in _STEPS]
    fitting = [step for step in steps if step < widest]
    for step in (next(step for step in steps if step >= widest), *reversed(fitting)):
        places = _multiples(step, low, high)
        if len(places) > 1:
            return places
    return places


def _multiples(step: float, low: float, high: float) -> list[float]:
    air = (high - low) * 1e-6
    first, last = math.ceil((low - air) / step), math.floor((high + air) / step)
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [round(i * step, digits) for i in range(first, last + 1)]


def _signed(points: float, digits: int) -> str:
    if math.isclose(points, 0, abs_tol=1e-9):
        return "0"
    return f"{points:+.{digits}f}".replace("-", "\u2212")


def name_below(pane: Pane, name: str) -> None:
    """Name what the horizontal axis measures."""
    at = ((pane.left + pane.right) / 2, pane.bottom + _NAME_BELOW)
    pane.text(name, at, "quiet", align="center", size=_AXIS_SIZE, order=1.5)


def pushed_apart(middles: Sequence[float], gap: float) -> list[float]:
    """Put a label over the middle of each part, of 0 to 1 from left to right, ``gap`` apart."""
    places = list(middles)
    for i in range(len(places)):
        lowest = gap / 2 if i == 0 else places[i - 1] + gap
        places[i] = max(places[i], lowest)
    highest = 1 - gap / 2
    for i in reversed(range(len(places))):
        places[i] = min(places[i], highest)
        highest = places[i] - gap
    return places


def zero_line(pane: Pane, *, x: bool = True) -> None:
    """Draw the line of no difference."""
    pane.stroke([pane.upright(0) if x else pane.level(0)], "text", 0.9, order=1)


def shade(pane: Pane, band: Band) -> None:
    """Shade the stretch of differences that do not matter."""
    pane.shape(rectangle((band.low, band.high), pane.y), fill="band", order=-1)


def bar_through(pane: Pane, mark: Dot, y: float) -> None:
    """Draw an interval: dashed for base, solid for all else."""
    dash = (3, 1.5) if mark.role == "base" else ()
    pane.line((mark.low, mark.high), (y, y), mark.role, 1.8, dash=dash, order=3)


def dot(pane: Pane, mark: Dot, y: float, *, size: float = 7) -> None:
    """Draw an estimate: hollow for base, filled for all else."""
    fill = "paper" if mark.role == "base" else mark.role
    pane.disc(mark.at, y, size, fill=fill, stroke=mark.role, width=1.6, order=4)
