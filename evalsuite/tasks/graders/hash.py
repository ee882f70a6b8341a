"""The hash grader: the number after the first ``####``, as GSM8K itself ends an answer."""

from __future__ import annotations

import re

from evalsuite.tasks.graders.numbers import NumberInText, parse_number
from evalsuite.tasks.graders.thoughts import answered

__all__ = ["NAME", "VERSION", "read_hash"]

NAME = "hash"
VERSION = "2"
"""Changes whenever a rule changes; stored with every comparison. 2: what stands between think marks
is not read."""

_AFTER_HASHES = re.compile(r"####[ \t]{0,4}([-\u2212+]?\$?[0-9][0-9,]{0,60}(?:\.[0-9]{1,40})?)")


def read_hash(text: str, *, finished: bool) -> NumberInText | None:
    r"""Read the number after the first ``####`` that has one.

    The first, as GSM8K's own reader does: a model that goes on writes further questions. In a
    response that had not ended, a number at its very end may lack digits and is not read.

    Examples
    --------
    >>> read_hash("2 + 3 = 5\n#### 1,080\nQuestion: ... #### 7", finished=True).value
    Fraction(1080, 1)
    >>> read_hash("#### 1", finished=False) is None
    True
    """
    match = _AFTER_HASHES.search(answered(text)) if "####" in text else None
    if match is None or (not finished and match.end() == len(text)):
        return None
    value = parse_number(match[1])
    return None if value is None else NumberInText(value, match.start(1), match.end(1))
