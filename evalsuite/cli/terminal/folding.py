"""Folding: long lines on stderr broken at spaces where a terminal shows them, whole elsewhere.

What people copy, such as a hint with a command, is not folded.
"""

from __future__ import annotations

import shutil
import sys
import textwrap

__all__ = ["folded", "terminal_width"]


def terminal_width() -> int | None:
    """Give the columns of the terminal that shows stderr; None where none does."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stderr.isatty() else None


def folded(line: str) -> str:
    """Break a line at spaces so that no word is cut by the terminal's edge."""
    width = terminal_width()
    if width is None:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
