"""Harmless output: whatever a command prints passes here before it reaches a terminal.

Names, ids, logs and errors come from models, files and servers. A control sequence among them could
retitle a window, hide a line or turn text around; here it is written as its code point, in the form
that JSON reads back.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from evalsuite.reporting.outputs.inert import HIDDEN

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["HarmlessStream", "harmless", "make_output_harmless"]

_OURS = re.compile(r"(\x1b\[(?:[0-2]|1;3[1-3])m|\x1b\[K|\r)")
"""What our own renderers and the progress line send; of foreign text it can only colour."""


class HarmlessStream:
    """A text stream that lets no foreign control character through."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text with everything invisible made visible."""
        self._stream.write(harmless(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Be the stream in everything else."""
        return getattr(self._stream, name)


def harmless(text: str) -> str:
    r"""Write control, direction, zero-width and surrogate characters as JSON escapes.

    Examples
    --------
    >>> print(harmless("a\x1b]0;owned\x07\u202eb"))
    a\u001b]0;owned\u0007\u202eb
    """
    pieces = _OURS.split(text)
    # every second piece is one of our own
    return "".join(p if i % 2 else HIDDEN.sub(_escape, p) for i, p in enumerate(pieces))


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def make_output_harmless() -> None:
    """Put a harmless stream before stdout and stderr, once."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, HarmlessStream):
            setattr(sys, name, HarmlessStream(stream))
