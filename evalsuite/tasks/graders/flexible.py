"""The flexible grader: the boxed number or, in a finished response, the last number anywhere.

Every response that is right for strict is right for flexible. The last number of a cut text is
noise, so in a response that had not ended only a box counts.
"""

from __future__ import annotations

import re

from evalsuite.records.run import FLEXIBLE
from evalsuite.tasks.graders.numbers import CURRENCIES, NumberInText, parse_number
from evalsuite.tasks.graders.thoughts import is_thought

__all__ = ["NAME", "VERSION", "last_number"]

NAME = FLEXIBLE
VERSION = "3"
"""Changes whenever a rule changes; stored with every comparison. 2: ``70{,}000`` and ``70\\,000``
are one number, ``.5`` is a half. 3: what stands between think marks is not read."""

_SEPARATOR = r"(?:,\\!|,|\{,\}|\\,)"
_NUMBER_IN_TEXT = re.compile(
    rf"(?:(?<![\w)\]}}.,])[-\u2212])?[{CURRENCIES}]?(?:(?<=[{CURRENCIES}])-)?"
    rf"(?:(?:[0-9]{{1,3}}(?P<by>{_SEPARATOR})[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*(?![0-9])|[0-9]+)"
    r"(?:\.[0-9]+)?|(?<![\w.)\]}])\.[0-9]+)"
)
_DIGITS = "0123456789"
_OF_NUMBERS = f"{_DIGITS}-\u2212{CURRENCIES},.{{}}\\!"
"""Every character that a number may hold: before any other sign, the reading may begin afresh."""
_LONGEST_RUN = 400
"""Characters of such a run that are read, from its end; no number that is read is so long."""


def last_number(text: str) -> NumberInText | None:
    """Read the last number of a text, if what stands there is a plain one.

    Examples
    --------
    >>> last_number("5 apples cost $1,250.").value
    Fraction(1250, 1)
    """
    # From the end, where the number is: a text may hold a million others.
    end = max(map(text.rfind, _DIGITS)) + 1
    if end == 0:
        return None
    start = max(len(text[:end].rstrip(_OF_NUMBERS)), end - _LONGEST_RUN)
    last = None
    for match in _NUMBER_IN_TEXT.finditer(text, start):
        last = match
    if last is None or is_thought(text, last.start()):
        return None
    value = parse_number(last.group())
    return None if value is None else NumberInText(value, last.start(), last.end())
