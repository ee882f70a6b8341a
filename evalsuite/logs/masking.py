"""Masks over what an answer repeats of its question, so that a run can travel without the text."""

from __future__ import annotations

__all__ = ["MASK", "masked_repeats"]

MASK = "\u2591"
"""One character for one, so that token ends stay right."""
LONG_REPEAT = 40
"""Characters; shorter repeats are names and numbers that any answer needs."""


def masked_repeats(text: str, question: str) -> str:
    """Cover every stretch of 40 characters and more that an answer has from its question.

    The time grows with the length of both, however often an answer repeats itself.
    """
    # Any longer repeat is a chain of stretches of exactly this length.
    starts = range(len(question) - LONG_REPEAT + 1)
    stretches = {question[i : i + LONG_REPEAT] for i in starts}
    pieces, end = [], 0
    for i in range(len(text) - LONG_REPEAT + 1 if stretches else 0):
        if text[i : i + LONG_REPEAT] in stretches:
            begin = max(i, end)
            pieces += [text[end:begin], MASK * (i + LONG_REPEAT - begin)]
            end = i + LONG_REPEAT
    return "".join([*pieces, text[end:]])
