"""Columns of a terminal: texts filled up to a width that is seen, not counted in characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["aligned", "labelled", "padded", "right_aligned"]

_LABEL = 9
"""Columns of the labels in front of what a command tells, line by line."""


def padded(text: str, width: int) -> str:
    """Fill a text up with spaces behind it; a Chinese character takes two columns.

    Examples
    --------
    >>> padded("数学", 6) + "|"
    '数学  |'
    """
    return text + " " * (width - columns(text))


def right_aligned(text: str, width: int) -> str:
    """Fill a text up with spaces in front of it.

    Examples
    --------
    >>> right_aligned("题", 4)
    '  题'
    """
    return " " * (width - columns(text)) + text


def aligned(first: str, others: Sequence[str], widths: Sequence[int]) -> str:
    """Lay out a row of a table: the first cell begins its column, every other ends it.

    Parameters
    ----------
    first, others
        Cells, such as the name of a row and its numbers.
    widths
        In columns, of all cells in order.

    Examples
    --------
    >>> print(aligned("题数", ["功效"], [6, 6]))
      题数    功效
    """
    return f"  {padded(first, widths[0])}" + "".join(map(right_aligned, others, widths[1:]))


def labelled(label: str, text: object) -> str:
    """Set what is told behind what it is about."""
    return f"  {padded(label, _LABEL)} {text}"
