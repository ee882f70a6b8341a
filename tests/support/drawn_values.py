"""Values of a drawn figure, read back off its axes as a reader would."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.sheet import Disc, Label, Path

if TYPE_CHECKING:
    from evalsuite.reporting.drawing.sheet import Pane, Place, Sheet

__all__ = ["axis_labels", "discs", "filled", "lines", "value"]


def value(pane: Pane, place: Place) -> tuple[float, float]:
    """Read a place of the sheet off both axes."""
    x = (place[0] - pane.left) / (pane.right - pane.left)
    y = (pane.bottom - place[1]) / (pane.bottom - pane.top)
    low, high = map(math.log, pane.x) if pane.is_logarithmic else pane.x
    across = low + x * (high - low)
    up = pane.y[0] + y * (pane.y[1] - pane.y[0])
    return round(math.exp(across) if pane.is_logarithmic else across, 9), round(up, 9)


def lines(sheet: Sheet, pane: Pane, colour: str) -> list[list[tuple[float, float]]]:
    """Read every line of a colour."""
    return [
        [value(pane, place) for place in line]
        for mark in sheet.marks
        if isinstance(mark, Path) and mark.stroke == colour and not mark.is_closed
        for line in mark.lines
    ]


def filled(sheet: Sheet, pane: Pane, colour: str) -> list[list[tuple[float, float]]]:
    """Read the corners of every shape of a colour, outlined or filled."""
    return [
        [value(pane, place) for place in mark.lines[0]]
        for mark in sheet.marks
        if isinstance(mark, Path) and mark.is_closed and colour in (mark.fill, mark.stroke)
    ]


def discs(sheet: Sheet, pane: Pane, colour: str) -> list[tuple[float, float]]:
    """Read the middle of every round mark of a colour."""
    found = (mark for mark in sheet.marks if isinstance(mark, Disc) and mark.stroke == colour)
    return [value(pane, mark.at) for mark in found]


def axis_labels(sheet: Sheet, pane: Pane, *, x: bool) -> list[tuple[str, float]]:
    """Give the labels of one axis with the values they stand at."""
    middle = 0.38 * 8  # from the middle of a figure of this size to its baseline
    labels = (mark for mark in sheet.marks if isinstance(mark, Label) and mark.size == 8)
    numbers = [mark for mark in labels if re.fullmatch("[+\u2212]?[0-9.,]+", mark.text)]
    if x:
        below = [mark for mark in numbers if 0 < mark.at[1] - pane.bottom < 20]
        inside = (m for m in below if pane.left - 1 < m.at[0] < pane.right + 1)
        return [(m.text, value(pane, m.at)[0]) for m in inside if m.align == "center"]
    beside = [m for m in numbers if m.align == "right" and -20 < m.at[0] - pane.left < 0]
    return [(m.text, value(pane, (m.at[0], m.at[1] - middle))[1]) for m in beside]
