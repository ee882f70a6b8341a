"""Axes that all figures share: bare, with quiet rules, marks that differ by more than colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from evalsuite.reporting.numbers import true_minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from evalsuite.reporting.blocks import Band, Dot
    from evalsuite.reporting.drawing.palette import Palette

__all__ = [
    "NARROW",
    "WIDTH",
    "bar_through",
    "canvas",
    "dot",
    "name_below",
    "point_axis",
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


def canvas(
    height: float, boxes: Sequence[tuple[float, float, float, float]], width: float = WIDTH
) -> tuple[Figure, list[Axes]]:
    """Open a figure with axes in boxes of left, bottom, width and height, all in inches."""
    figure = Figure(figsize=(width, height))
    figure.patch.set_visible(False)
    panes = [
        figure.add_axes((left / width, bottom / height, wide / width, tall / height))
        for left, bottom, wide, tall in boxes
    ]
    for axes in panes:
        # Ticks, frame and names of matplotlib's own take a quarter of the time of a page.
        axes.set_axis_off()
    return figure, panes


def write(
    axes: Axes,
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
    axes.annotate(
        _literal(text),
        (x, y),
        xytext=(shift, lift),
        textcoords="offset points",
        ha=align,
        va="center",
        color=colour,
        fontsize=size,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )


def _literal(text: str) -> str:
    """Keep a label from being read as mathematics, and give its figures true minus signs."""
    return true_minus(text.replace("$", r"\$"))


def ticks(
    axes: Axes, at: Sequence[float], labels: Sequence[str], palette: Palette, *, x: bool
) -> None:
    """Label chosen places of an axis and draw quiet rules there."""
    _rules(axes, at, palette["rule"], x=x)
    low, high = sorted(axes.get_xlim() if x else axes.get_ylim())
    air = (high - low) * 1e-9
    for place, label in zip(at, labels, strict=True):
        if low - air <= place <= high + air:
            _beside(axes, place, label, palette["quiet"], x=x)


def _beside(axes: Axes, place: float, label: str, colour: str, *, x: bool) -> None:
    """Write a label below the horizontal axis, or to the left of the vertical one."""
    axes.annotate(
        _literal(label),
        (place, 0) if x else (0, place),
        xycoords=axes.get_xaxis_transform() if x else axes.get_yaxis_transform(),
        xytext=(0, -_LABEL_BELOW) if x else (-_LABEL_LEFT, 0),
        textcoords="offset points",
        ha="center" if x else "right",
        va="baseline" if x else "center_baseline",
        color=colour,
        fontsize=8,
        annotation_clip=False,
        zorder=1.5,
    )


def _rules(axes: Axes, at: Sequence[float], colour: str, *, x: bool) -> None:
    """Draw all rules as one broken line: one element in the file."""
    if not at:
        return
    along = [value for tick in at for value in (tick, tick, math.nan)]
    across = [0.0, 1.0, math.nan] * len(at)
    if x:
        places, across_axis = (along, across), axes.get_xaxis_transform()
    else:
        places, across_axis = (across, along), axes.get_yaxis_transform()
    axes.plot(*places, color=colour, lw=0.6, zorder=0, transform=across_axis)


def reach(values: Sequence[float], *, include: Sequence[float] = (0,)) -> tuple[float, float]:
    """Return limits that hold every value with a little air."""
    low, high = min([*values, *include]), max([*values, *include])
    air = (high - low or 0.02) * _EXTRA
    return low - air, high + air


def point_axis(axes: Axes, low: float, high: float, palette: Palette, *, x: bool = True) -> None:
    """Make an axis of differences: fractions inside, signed points outside."""
    if x:
        axes.set_xlim(low, high)
    else:
        axes.set_ylim(low, high)
    places = round_places(100 * low, 100 * high, most=5)
    digits = 0 if all(float(p).is_integer() for p in places) else 1
    labels = [_signed(tick, digits) for tick in places]
    ticks(axes, [tick / 100 for tick in places], labels, palette, x=x)


def round_places(low: float, high: float, *, most: int = 4) -> list[float]:
    """Choose places in steps of 1, 2 or 5 times a power of ten."""
    air = (high - low) * 1e-6
    places = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [float(place) for place in places if low - air <= place <= high + air]


def _signed(points: float, digits: int) -> str:
    if math.isclose(points, 0, abs_tol=1e-9):
        return "0"
    return f"{points:+.{digits}f}".replace("-", "\u2212")


def name_below(axes: Axes, name: str, palette: Palette) -> None:
    """Name what the horizontal axis measures."""
    axes.annotate(
        name,
        (0.5, 0),
        xycoords="axes fraction",
        xytext=(0, -_NAME_BELOW),
        textcoords="offset points",
        ha="center",
        va="baseline",
        color=palette["quiet"],
        fontsize=8,
        annotation_clip=False,
        zorder=1.5,
    )


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


def zero_line(axes: Axes, palette: Palette, *, x: bool = True) -> None:
    """Draw the line of no difference."""
    (axes.axvline if x else axes.axhline)(0, color=palette["text"], lw=0.9, zorder=1)


def shade(axes: Axes, band: Band, palette: Palette, *, x: bool = True) -> None:
    """Shade the stretch of differences that do not matter."""
    (axes.axvspan if x else axes.axhspan)(
        band.low, band.high, color=palette["band"], lw=0, zorder=-1
    )


def bar_through(axes: Axes, mark: Dot, y: float, palette: Palette) -> None:
    """Draw an interval: dashed for base, solid for all else."""
    style = (0, (3, 1.5)) if mark.role == "base" else "solid"
    axes.plot(
        [mark.low, mark.high],
        [y, y],
        color=palette[mark.role],
        lw=1.8,
        linestyle=style,
        solid_capstyle="butt",
        zorder=3,
    )


def dot(axes: Axes, mark: Dot, y: float, palette: Palette, *, size: float = 7) -> None:
    """Draw an estimate: hollow for base, filled for all else."""
    axes.plot(
        [mark.at],
        [y],
        marker="o",
        markersize=size,
        markerfacecolor=palette["paper"] if mark.role == "base" else palette[mark.role],
        markeredgecolor=palette[mark.role],
        markeredgewidth=1.6,
        linestyle="none",
        zorder=4,
    )
