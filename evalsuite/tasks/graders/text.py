r"""The graders of texts: the words in the last ``\boxed{}``, or where an answer is announced.

Case, blanks, signs at the ends and a ``\text{}`` around it do not count; everything else does. It
does not know synonyms.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from evalsuite.tasks.graders.strict import last_box

__all__ = ["VERSION", "TextAnswer", "is_right_text", "normalised", "read_answer", "read_box"]

VERSION = "text-1"
"""Changes whenever a rule changes; stored with every comparison."""
_WRAPPED = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s{0,4}\{([^{}]{0,500})\}")
_ANNOUNCED = re.compile(r"answer\s{0,4}(?:is|:)[ \t:]{0,4}([^\n]{1,500})", re.IGNORECASE)
_SIGNS = " \t\r\n.,;:!?\"'`()[]*_$\u3002\uff0c\uff01\uff1f\u201c\u201d\u2018\u2019"


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """An answer in a text."""

    written: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """What is compared."""
        return normalised(self.written)

    @property
    def span(self) -> tuple[int, int]:
        """Characters of the response that hold it."""
        return self.start, self.end


def read_box(text: str) -> TextAnswer | None:
    r"""Read the last balanced ``\boxed{}``; None without one, or where it is empty.

    Examples
    --------
    >>> read_box(r"It is \boxed{\text{New  Delhi.}}").value
    'new delhi'
    """
    span = last_box(text)
    if span is None:
        return None
    answer = TextAnswer(text[slice(*span)].strip(), *span)
    return answer if answer.value else None


def read_answer(text: str, *, finished: bool) -> TextAnswer | None:
    """Read the box, else what follows the last *answer is* or *answer:*, else the last line.

    Of an answer that was cut off, the last line is no answer.

    Examples
    --------
    >>> read_answer("The answer is: Paris.", finished=True).value
    'paris'
    """
    boxed = read_box(text)
    if boxed is not None:
        return boxed
    announced = list(_ANNOUNCED.finditer(text))
    if announced:
        answer = TextAnswer(announced[-1][1].strip(), *announced[-1].span(1))
        return answer if answer.value else None
    body = text.rstrip()
    if not finished or not body:
        return None
    start = body.rfind("\n") + 1
    answer = TextAnswer(body[start:].strip(), start, len(body))
    return answer if answer.value else None


def is_right_text(text: str, gold: str) -> bool:
    r"""Tell whether the last box holds the right text.

    Examples
    --------
    >>> is_right_text(r"\boxed{paris}", "Paris"), is_right_text("Paris", "Paris")
    (True, False)
    """
    boxed = read_box(text)
    return boxed is not None and boxed.value == normalised(gold)


def normalised(text: str) -> str:
    """Give the form in which answers are compared."""
    plain = _WRAPPED.sub(r"\1", unicodedata.normalize("NFKC", text))
    return " ".join(plain.split()).strip(_SIGNS).casefold()
