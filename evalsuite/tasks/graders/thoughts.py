r"""Thoughts: what a model writes between think marks before it answers, which no grader reads.

An answer may mention the marks; a mention is no thought. What an answer says, this module does not
know.
"""

from __future__ import annotations

import re

__all__ = ["CLOSING", "answered", "is_thinking", "is_thought"]

CLOSING = "</think>"
"""The mark after which a model answers, as it writes it."""
_MARKS = re.compile("<(/?)think>")


def is_thought(text: str, place: int) -> bool:
    """Return whether a character of a response is thought and not answered.

    Examples
    --------
    >>> text = "<think>7 or 8</think>8"
    >>> is_thought(text, text.index("7")), is_thought(text, len(text) - 1)
    (True, False)
    """
    return "think>" in text and any(start <= place < end for start, end in _spans(text))


def is_thinking(text: str) -> bool:
    """Return whether a response ends before its thought does.

    Examples
    --------
    >>> is_thinking("<think>so"), is_thinking("Use the <think> tag.")
    (True, False)
    """
    return is_thought(text, len(text))


def answered(text: str) -> str:
    r"""Blank out what is thought, by one line end a character: every place stays where it was.

    Examples
    --------
    >>> answered("a</think>b")
    '\n\n\n\n\n\n\n\n\nb'
    """
    parts, before = [], 0
    for start, end in _spans(text):
        parts += [text[before:start], "\n" * (min(end, len(text)) - start)]
        before = end
    return "".join([*parts, text[before:]])


def _spans(text: str) -> list[tuple[int, int]]:
    """Find every thought with its marks, in order; one that nothing closes ends behind the text.

    A closing mark ends what began at the opening one before it; without one it began where the
    last thought ended, since some prompts end with the opening mark. An opening mark that nothing
    closes counts only where an answer has not begun, else it is a mention.
    """
    spans: list[tuple[int, int]] = []
    if "think>" not in text:
        return spans
    start, is_open, is_first = 0, False, True
    for mark in _MARKS.finditer(text):
        if mark[1]:
            spans.append((start, mark.end()))
            start, is_open, is_first = mark.end(), False, True
        elif not is_open:
            # Of the first mark since a thought alone, lest many marks be as many passes.
            is_open = is_first and not text[start : mark.start()].strip()
            start, is_first = mark.start(), False
    return [*spans, (start, len(text) + 1)] if is_open else spans
