"""Pairs packed for the question browser: lists in place of names, places as JavaScript counts."""

from __future__ import annotations

import base64
import json
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evalsuite.records.paired import PairedText, ReadingStep

__all__ = ["as_json", "pack", "packed_side"]

LEVEL = 5
"""Of gzip: 6 takes twice as long to save a few percent."""
_PIECE = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)
_WIDEST = ord("~") - ord("0")


@overload
def pack(pieces: Iterable[str]) -> str: ...
@overload
def pack(pieces: Iterable[str], *, at_most: int) -> str | None: ...


def pack(pieces: Iterable[str], *, at_most: int | None = None) -> str | None:
    """Compress a JSON document into text that is safe inside any element: base64 of gzip.

    None, and no further work, where the text would have more than ``at_most`` characters.
    """
    parts, size = [], 0
    for part in _compressed(pieces):
        parts.append(part)
        size += len(part)
        if at_most is not None and 4 * -(-size // 3) > at_most:  # as base64
            return None
    return base64.b64encode(b"".join(parts)).decode("ascii")


def _compressed(pieces: Iterable[str]) -> Iterator[bytes]:
    """Compress piece by piece, into the same bytes as in one: the document is the runs again."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)  # 16: as gzip
    for piece in pieces:
        yield packer.compress(piece.encode("ascii"))
    yield packer.flush()


def as_json(value: Any) -> str:
    """Write a piece of the document."""
    return _PIECE.encode(value)


def packed_side(side: PairedText) -> list[Any]:
    """Lay one response out as the browser's script reads it, place by place."""
    text = side.text or ""
    return [
        text,
        int(side.strict),
        int(side.flexible),
        side.answer,
        side.flexible_answer,
        _span(text, side.span),
        int(side.finish == "length"),
        side.n_tokens,
        [None if at is None else _utf16(text, at) for at in side.cuts],
        None if side.steps is None else [_step(text, step) for step in side.steps],
        _widths(text, side.widths),
    ]


def _step(text: str, step: ReadingStep) -> list[Any]:
    """Lay a step out as its side is laid out, with the budget in the place of the text."""
    return [
        step.max_new_tokens,
        int(step.right),
        int(step.flexible),
        step.answer,
        step.flexible_answer,
        _span(text, step.span),
    ]


def _span(text: str, span: tuple[int, int] | None) -> list[int] | None:
    return [_utf16(text, at) for at in span] if span else None


def _utf16(text: str, at: int) -> int:
    """Count characters as JavaScript does."""
    return at if text.isascii() else len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def _widths(text: str, widths: str | None) -> str | None:
    """Return the characters of every token, as the record writes them, in JavaScript's count."""
    if widths is None or text.isascii():
        return widths
    # a sign beyond the basic plane is two for JavaScript
    units = [0, *accumulate(2 if ord(letter) > 0xFFFF else 1 for letter in text)]
    written, wide, at, start = "", 0, 0, 0
    for sign in widths:
        wide += ord(sign) - ord("0")
        if sign == "~":
            continue
        at, wide = min(at + wide, len(text)), 0
        more = units[at] - start
        written += "~" * (more // _WIDEST) + chr(ord("0") + more % _WIDEST)
        start = units[at]
    return written
