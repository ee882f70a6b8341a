"""Hostile text made harmless to look at: nothing here decides what a text means.

A model may answer with control characters, direction overrides or terminal escapes. Each output
escapes its own syntax; this module makes the invisible visible first, for all of them.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["HIDDEN", "columns", "one_line", "visible"]

_KEPT = "\n\t"
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    r"""Write every control, direction, zero-width and surrogate character as its code point.

    Parameters
    ----------
    text
        Any text, lone surrogates included.

    Returns
    -------
    str
        Newlines and tabs stay; encodes to UTF-8 without error.

    Examples
    --------
    >>> visible("a\u202eb\x1b[31m")
    'a⟨U+202E⟩b⟨U+001B⟩[31m'
    """
    return HIDDEN.sub(lambda match: f"⟨U+{ord(match.group()):04X}⟩", text)


def one_line(text: str, *, longest: int = 120) -> str:
    r"""Make a foreign text fit a heading or a cell: visible, on one line, of bounded length.

    Parameters
    ----------
    text
        Any text, such as a model's name.
    longest
        Characters kept, an ellipsis included.

    Examples
    --------
    >>> one_line("a\nb" * 3, longest=5)
    'a ba…'
    """
    flat = visible(" ".join(text[: 4 * longest].split()))
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def columns(text: str) -> int:
    """Count the columns a text takes: a Chinese character takes two.

    Parameters
    ----------
    text
        On one line.

    Examples
    --------
    >>> columns("ab"), columns("数学")
    (2, 4)
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
