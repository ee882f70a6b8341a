"""The flexible grader: the boxed number or, in a finished response, the last number anywhere.

Every response that is right for strict is right for flexible. The last number of a cut text is
noise, so in a response that had not ended only a box counts.
"""

from __future__ import annotations

import re

from evalsuite.tasks.graders.numbers import NumberInText, parse_number
from evalsuite.tasks.graders.strict import read_strict

__all__ = ["NAME", "VERSION", "last_number", "read_flexible"]

NAME = "flexible"
VERSION = "1"
"""Changes whenever a rule changes; stored with every comparison."""

_NUMBER_IN_TEXT = re.compile(
    r"(?:(?<![\w)\]}.,])[-\u2212])?[$£€]?(?:(?<=[$£€])-)?"
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
)


def read_flexible(text: str, *, finished: bool) -> NumberInText | None:
    """Read the boxed number or, in a response that ended by itself, the last number anywhere.

    Examples
    --------
    >>> read_flexible("5 apples cost $1,250.", finished=True).value
    Fraction(1250, 1)
    >>> read_flexible("5 apples cost $1,250.", finished=False) is None
    True
    """
    return read_strict(text) or (last_number(text) if finished else None)


def last_number(text: str) -> NumberInText | None:
    """Read the last number of a text, if what stands there is a plain one."""
    last = None
    for match in _NUMBER_IN_TEXT.finditer(text):
        last = match
    if last is None:
        return None
    value = parse_number(last.group())
    return None if value is None else NumberInText(value, last.start(), last.end())
