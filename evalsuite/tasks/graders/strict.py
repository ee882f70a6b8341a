r"""The strict grader: the last balanced ``\boxed{}`` and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalsuite.tasks.graders.numbers import NumberInText, parse_number

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["NAME", "VERSION", "boxes", "is_correct", "read_strict"]

NAME = "strict"
VERSION = "1"
"""Changes whenever a rule changes; stored with every comparison."""

_BRACES = re.compile(r"\\boxed\s{0,4}\{|\\[{}]|[{}]")


def read_strict(text: str) -> NumberInText | None:
    r"""Read the last balanced ``\boxed{}``; None without one, or where it is no plain number.

    Examples
    --------
    >>> read_strict(r"\boxed{71} no, \boxed{\$72 \text{ dollars}}").value
    Fraction(72, 1)
    >>> read_strict(r"\boxed{9+9}") is None
    True
    """
    spans = boxes(text)
    if not spans:
        return None
    # The last one alone: a response may correct itself, and an earlier box does not stand in for a
    # last one that holds no number.
    start, end = spans[-1]
    value = parse_number(text[start:end])
    return None if value is None else NumberInText(value, start, end)


def is_correct(text: str, gold: Fraction) -> bool:
    r"""Tell whether the strict grader reads the right number, in a cut text as in a whole one.

    Examples
    --------
    >>> from fractions import Fraction
    >>> is_correct(r"so \boxed{1,080}", Fraction(1080))
    True
    """
    boxed = read_strict(text)
    return boxed is not None and boxed.value == gold


def boxes(text: str) -> list[tuple[int, int]]:
    r"""Find the content of every balanced ``\boxed{}``: start and end, in order of closing braces.

    One pass, however deep or unbalanced the braces are.
    """
    spans = []
    # A stack of every open brace, None for one that is no box: in one pass, each closing brace
    # finds its own.
    opened: list[int | None] = []
    for match in _BRACES.finditer(text):
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
