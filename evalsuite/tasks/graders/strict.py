r"""The strict grader: the last balanced ``\boxed{}`` and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalsuite.records.run import STRICT
from evalsuite.tasks.graders.numbers import NumberInText, parse_number
from evalsuite.tasks.graders.thoughts import is_thought

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NAME", "VERSION", "boxes", "is_correct", "last_box", "read_strict"]

NAME = STRICT
VERSION = "3"
"""Changes whenever a rule changes; stored with every comparison. 2: labels such as
``\\text{Total: }``, degrees, yen and ``70,\\!000`` are read over. 3: nothing between think
marks is read."""

_BOX = "\\boxed"
_PLAIN_BOX = re.compile(r"\\boxed\{([^{}\\]*)\}")
"""What most answers hold, once; alone, it is found without a look at every brace."""
_BLANKS = " \t\n\r\f\v"
_BRACES = re.compile(rf"\\boxed[{_BLANKS}]{{0,4}}\{{|\\[{{}}]|[{{}}]")
_LONG_TEXT = 1 << 14
"""Characters from which on arrays are faster than a loop over the braces."""


def read_strict(text: str) -> NumberInText | None:
    r"""Read the last balanced ``\boxed{}``; None without one, or where it is no plain number.

    Examples
    --------
    >>> read_strict(r"\boxed{71} no, \boxed{\$72 \text{ dollars}}").value
    Fraction(72, 1)
    >>> read_strict(r"\boxed{9+9}") is None
    True
    """
    span = last_box(text)
    if span is None or is_thought(text, span[0]):
        return None
    # The last one alone: a response may correct itself, and an earlier box does not stand in for a
    # last one that holds no number.
    start, end = span
    value = parse_number(text[start:end])
    return None if value is None else NumberInText(value, start, end)


def is_correct(text: str, gold: Fraction) -> bool:
    r"""Return whether the strict grader reads the right number, in a cut text as in a whole one.

    Examples
    --------
    >>> from fractions import Fraction
    >>> is_correct(r"so \boxed{1,080}", Fraction(1080))
    True
    """
    boxed = read_strict(text)
    return boxed is not None and boxed.value == gold


def last_box(text: str) -> tuple[int, int] | None:
    r"""Find the content of the balanced ``\boxed{}`` that closes last: start and end."""
    before = text.find(_BOX)
    if before < 0:
        return None
    if (only := _only_box(text, before)) is not None:
        return only
    rest = text[before:]
    spans = [_last_box_by_arrays(rest)] if len(rest) >= _LONG_TEXT else boxes(rest)[-1:]
    return next(((before + span[0], before + span[1]) for span in spans if span), None)


def _only_box(text: str, before: int) -> tuple[int, int] | None:
    only = _PLAIN_BOX.match(text, before)
    is_only = only is not None and text.find(_BOX, only.end()) < 0
    return only.span(1) if only is not None and is_only else None


def _last_box_by_arrays(text: str) -> tuple[int, int] | None:
    """Find the same by the height of every brace: how many more were opened than closed."""
    import numpy as np

    signs = np.frombuffer(text.encode("latin-1", "replace"), np.uint8)
    is_brace = (signs == ord("{")) | (signs == ord("}"))
    is_brace[1:] &= signs[:-1] != ord("\\")  # an escaped brace is text
    positions = np.flatnonzero(is_brace)
    is_open = signs[positions] == ord("{")
    heights = np.cumsum(is_open * np.int8(2) - np.int8(1), dtype=np.int32)
    # Closed, where the height falls below its own before the text ends.
    lowest_after = np.minimum.accumulate(heights[::-1])[::-1]
    is_closed = is_open & (lowest_after < heights)
    is_closed[is_closed] = _opens_box(signs, positions[is_closed])
    if not is_closed.any():
        return None
    # The box that opens last, and of the closed ones around it the outermost: it closes last.
    last = int(np.flatnonzero(is_closed)[-1])
    lowest_until = np.minimum.accumulate(heights[last::-1])[::-1]
    box = int(np.argmax(is_closed[: last + 1] & (lowest_until >= heights[: last + 1])))
    close = box + 1 + int(np.argmax(heights[box + 1 :] < heights[box]))
    return int(positions[box]) + 1, int(positions[close])


def _opens_box(signs: NDArray[np.uint8], positions: NDArray[np.intp]) -> NDArray[np.bool_]:
    r"""Tell before which positions ``\boxed`` stands, with up to four blanks between."""
    import numpy as np

    name = _BOX.encode()
    is_blank = np.isin(np.arange(256), np.frombuffer(_BLANKS.encode(), np.uint8))
    padded = np.concatenate([np.zeros(len(name) + 4, np.uint8), signs])
    opens = np.zeros(len(positions), np.bool_)
    # Of the sign before each, in the padded text; only those go on that have a blank there.
    open_yet, at = np.arange(len(positions)), positions + len(name) + 3
    for _ in range(5):
        is_name = np.ones(len(at), np.bool_)
        for back, letter in enumerate(reversed(name)):
            is_name &= padded[at - back] == letter
        opens[open_yet] = is_name
        goes_on = is_blank[padded[at]]
        open_yet, at = open_yet[goes_on], at[goes_on] - 1
    return opens


def boxes(text: str) -> list[tuple[int, int]]:
    r"""Find the content of every balanced ``\boxed{}``: start and end, in order of closing braces.

    One pass, however deep or unbalanced the braces are.
    """
    before = text.find(_BOX)
    if before < 0:
        return []
    if (only := _only_box(text, before)) is not None:
        return [only]
    spans = []
    # A stack of every open brace, None for one that is no box: in one pass, each closing brace
    # finds its own. Braces before the first box close none of the boxes.
    opened: list[int | None] = []
    for match in _BRACES.finditer(text, before):
        brace = match.group()
        if brace.startswith("\\boxed"):
            opened.append(match.end())
        elif brace == "{":
            opened.append(None)
        elif brace == "}" and opened:
            start = opened.pop()
            if start is not None:
                spans.append((start, match.start()))
    return spans
