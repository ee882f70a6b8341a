"""The places of tokens that a llama.cpp server counts and does not list.

A token whose bytes leave a character incomplete is held back: the next token that completes the
character is listed with the bytes of both. An answer that is cut off within a character ends in
tokens that are not listed at all, and its text in U+FFFD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["with_held_back"]

_LONGEST = 4
"""Bytes of a character in UTF-8."""


def with_held_back(pieces: Sequence[bytes], text: str, n_held_back: int) -> list[bytes] | None:
    r"""List every token, where only one place is possible for those that were held back.

    ``pieces`` are the bytes of the listed tokens without the end token, ``text`` is the answer's,
    and ``n_held_back`` is at least 1.
    A held back token has no bytes of the incomplete character here: its end is that of the last
    complete one, whichever bytes it had. Returns None where several places are possible, or where
    the bytes are not of whole characters.

    >>> with_held_back([b"So", " 🙂!".encode()], "So 🙂!", 2)
    [b'So', b' ', b'', b'\xf0\x9f\x99\x82!']
    >>> with_held_back([b"So"], "So\ufffd", 1)
    [b'So', b'']
    >>> with_held_back(["é".encode(), "è".encode()], "éè", 1) is None
    True
    """
    try:
        listed = [piece.decode() for piece in pieces]
    except UnicodeDecodeError:
        return None
    rest = text.removeprefix("".join(listed))
    begun = rest.rstrip("\ufffd")
    wide = [place for place, piece in enumerate(listed) if not piece.isascii()]
    if begun != rest and (n_held_back == 1 or not wide):  # one at least is the incomplete end's
        is_known = n_held_back == 1 or (begun.isascii() and n_held_back < _LONGEST)
        return [*pieces, *_held_back(begun, n_held_back)] if is_known else None
    if rest or len(wide) != 1:
        return None
    place = wide[0]
    start, *others = (k for k, letter in enumerate(listed[place]) if not letter.isascii())
    whole = listed[place][start:]
    if others or n_held_back >= len(whole[0].encode()):  # each of its tokens took a byte
        return None
    parts = _held_back(listed[place][:start], n_held_back)
    return [*pieces[:place], *parts, whole.encode(), *pieces[place + 1 :]]


def _held_back(begun: str, n_held_back: int) -> list[bytes]:
    """List tokens up to within a character: the first one took what stands before it."""
    return [begun.encode(), *[b""] * (n_held_back - 1)]
