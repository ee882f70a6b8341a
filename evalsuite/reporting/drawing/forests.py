"""Forests: estimates with their intervals, a row each, over the margin that is too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Band, Dot, ForestDrawing
from evalsuite.reporting.outputs.inert import columns, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.records.comparison import Interval
    from evalsuite.reporting.blocks import Role
    from evalsuite.reporting.wording import Number, Phrase, Words

__all__ = ["dot", "fitted", "forest_drawing", "margin_band"]

ROOM = 24
"""Columns of a name beside the figure."""


def dot(
    estimate: float,
    interval: Interval,
    *,
    label: str | Phrase,
    shown: str | Number | Phrase,
    role: Role = "trained",
    is_whole: bool = False,
    aside: tuple[str, ...] = (),
) -> Dot:
    """Draw an estimate; a whole stands under the rows that it is made of."""
    return Dot(
        label=str(label),
        at=estimate,
        low=interval.low,
        high=interval.high,
        shown=str(shown),
        role=role,
        emphasis=is_whole,
        aside=aside,
    )


def fitted(name: str) -> str:
    """Shorten a name in its middle: runs of one recipe differ at the end."""
    shown = one_line(name, longest=200)
    room = len(shown)
    short = shown
    while columns(short) > ROOM:
        room -= 1
        short = f"{shown[: room - room // 2]}…{shown[-(room // 2) :]}"
    return short


def margin_band(words: Words, margin: float) -> Band:
    """Shade the gains that are too small to matter."""
    return Band(low=-margin, high=margin, label=words.text("margin_band"))


def forest_drawing(
    words: Words, margin: float, rows: Iterable[Dot], *, headings: str
) -> ForestDrawing:
    """Draw gains, whatever 1..k things they are of; wholes come last."""
    return ForestDrawing(
        rows=tuple(rows),
        headings=words.texts(headings),
        axis=words.text("axis.gain"),
        band=margin_band(words, margin),
    )
