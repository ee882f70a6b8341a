r"""The graders of texts: the words in the last ``\boxed{}``, or where an answer is announced.

Case, blanks, signs at the ends and a ``\text{}`` around it do not count; everything else does. What
is thought is not read. Synonyms are not known.
"""

from __future__ import annotations

import re
import unicodedata

from evalsuite.records.dataclass import dataclass
from evalsuite.tasks.graders.strict import last_box
from evalsuite.tasks.graders.thoughts import answered, is_thought

__all__ = [
    "VERSION",
    "TextAnswer",
    "announcements",
    "is_right_text",
    "normalised",
    "read_answer",
    "read_box",
]

VERSION = "text-2"
"""Changes whenever a rule changes; stored with every comparison. 2: nothing between think marks is
read, nor an announcement at the very end of an answer that was cut off."""
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
    if span is None or is_thought(text, span[0]):
        return None
    return _answer(text, *span)


def read_answer(text: str, *, finished: bool) -> TextAnswer | None:
    """Read the box, else what follows the last *answer is* or *answer:*, else the last line.

    Of an answer that was cut off, neither the last line is an answer nor an announcement that the
    cut may have shortened.

    Examples
    --------
    >>> read_answer("The answer is: Paris.", finished=True).value
    'paris'
    """
    boxed = read_box(text)
    if boxed is not None:
        return boxed
    body = answered(text)
    announced = [place for place in announcements(body) if finished or place[1] < len(text)]
    if announced:
        return _answer(text, *announced[-1])
    body = body.rstrip()
    return _answer(body, body.rfind("\n") + 1, len(body)) if finished else None


def announcements(text: str) -> list[tuple[int, int]]:
    """Find what follows every *answer is* or *answer:* up to the line's end: start and end."""
    return [match.span(1) for match in _ANNOUNCED.finditer(text)]


def _answer(text: str, start: int, end: int) -> TextAnswer | None:
    answer = TextAnswer(text[start:end].strip(), start, end)
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
