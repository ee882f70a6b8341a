"""The sheet a figure is drawn on: panes with axes, and marks in points from the upper left.

Colours are named by what they stand for. Who writes a sheet, as SVG for the page or with matplotlib
for a paper, knows nothing of axes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "INCH",
    "Disc",
    "Label",
    "Mark",
    "Pane",
    "Path",
    "Place",
    "Sheet",
    "logarithm",
    "rectangle",
]

INCH = 72.0
"""Points."""
_LEAST = 1e-9
"""On a logarithmic axis."""

Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Lines, or the outline of a shape."""

    lines: tuple[tuple[Place, ...], ...]
    order: float
    is_closed: bool = False
    fill: str | None = None
    opacity: float = 1.0
    """Of the fill."""
    stroke: str | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    """Points drawn and left out, in turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A round mark."""

    at: Place
    radius: float
    fill: str
    stroke: str
    width: float
    order: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A line of text; ``at`` is on its baseline."""

    at: Place
    text: str
    colour: str
    size: float
    order: float
    align: str = "left"
    """``left``, ``center`` or ``right`` of ``at`` begins, stands or ends the text."""
    is_bold: bool = False


Mark = Path | Disc | Label


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A figure while it is drawn."""

    width: float
    height: float
    panes: list[Pane] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    @property
    def ordered(self) -> list[Mark]:
        """What is drawn first comes first."""
        return sorted(self.marks, key=lambda mark: mark.order)


@dataclass(slots=True, kw_only=True, eq=False)
class Pane:
    """A part of a sheet with two axes, whose limits come before the marks."""

    sheet: Sheet
    left: float
    top: float
    right: float
    bottom: float
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    """Ends of the vertical axis, as ``x`` of the horizontal one."""
    is_logarithmic: bool = False
    """Of the horizontal axis."""

    def place(self, x: float, y: float) -> Place:
        """Turn a place on the axes into one on the sheet."""
        share = _share(x, self.x, is_logarithmic=self.is_logarithmic)
        across = self.left + (self.right - self.left) * share
        return across, self.bottom - (self.bottom - self.top) * _share(y, self.y)

    def line(
        self,
        x: Iterable[float],
        y: Iterable[float],
        colour: str,
        width: float,
        *,
        dash: tuple[float, ...] = (),
        order: float = 2,
    ) -> None:
        """Join places; ``dash`` in widths of the line."""
        points = tuple(self.place(*at) for at in zip(x, y, strict=True))
        self.stroke([points], colour, width, dash=dash, order=order)

    def stroke(
        self,
        lines: Iterable[Sequence[Place]],
        colour: str,
        width: float,
        *,
        dash: tuple[float, ...] = (),
        order: float = 2,
    ) -> None:
        """Draw lines through places on the sheet."""
        self.sheet.marks.append(
            Path(
                lines=tuple(map(tuple, lines)),
                stroke=colour,
                width=width,
                dash=tuple(width * part for part in dash),
                order=order,
            )
        )

    def upright(self, x: float) -> tuple[Place, Place]:
        """Give the line from bottom to top through a value."""
        across, _ = self.place(x, self.y[0])
        return (across, self.bottom), (across, self.top)

    def level(self, y: float) -> tuple[Place, Place]:
        """Give the line from left to right through a value."""
        _, up = self.place(self.x[0], y)
        return (self.left, up), (self.right, up)

    def shape(
        self,
        corners: Iterable[tuple[float, float]],
        *,
        fill: str | None,
        opacity: float = 1.0,
        stroke: str | None = None,
        width: float = 0.0,
        order: float = 1,
    ) -> None:
        """Fill what places on the axes enclose."""
        self.sheet.marks.append(
            Path(
                lines=(tuple(self.place(x, y) for x, y in corners),),
                is_closed=True,
                fill=fill,
                opacity=opacity,
                stroke=stroke,
                width=width,
                order=order,
            )
        )

    def disc(
        self, x: float, y: float, size: float, *, fill: str, stroke: str, width: float, order: float
    ) -> None:
        """Mark a place; ``size`` in points from side to side."""
        at = self.place(x, y)
        mark = Disc(at=at, radius=size / 2, fill=fill, stroke=stroke, width=width, order=order)
        self.sheet.marks.append(mark)

    def square(
        self, x: float, y: float, size: float, *, fill: str, stroke: str, width: float, order: float
    ) -> None:
        """Mark a place; ``size`` in points from side to side."""
        (across, up), half = self.place(x, y), size / 2
        corners = (
            (across - half, up + half),
            (across + half, up + half),
            (across + half, up - half),
            (across - half, up - half),
        )
        self.sheet.marks.append(
            Path(
                lines=(corners,), is_closed=True, fill=fill, stroke=stroke, width=width, order=order
            )
        )

    def text(
        self,
        text: str,
        at: Place,
        colour: str,
        *,
        align: str = "left",
        size: float = 9,
        bold: bool = False,
        order: float = 3,
    ) -> None:
        """Write at a place on the sheet, which is on the baseline; an empty text is no mark."""
        if text:
            self.sheet.marks.append(
                Label(
                    at=at,
                    text=text,
                    colour=colour,
                    size=size,
                    align=align,
                    is_bold=bold,
                    order=order,
                )
            )


def rectangle(x: tuple[float, float], y: tuple[float, float]) -> list[tuple[float, float]]:
    """Give the corners between two ends of either axis."""
    return [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]


def _share(value: float, limits: tuple[float, float], *, is_logarithmic: bool = False) -> float:
    """Say how far along an axis a value is; in the middle of an axis that has one value alone."""
    low, high = map(logarithm, limits) if is_logarithmic else limits
    at = logarithm(value) if is_logarithmic else value
    return (at - low) / (high - low) if high != low else 0.5


def logarithm(value: float) -> float:
    """Take the logarithm; a stored file may hold a budget of no tokens."""
    return math.log(max(value, _LEAST))
