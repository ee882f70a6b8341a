"""Folding: long lines on stderr broken at spaces where a terminal shows them, whole elsewhere.

What people copy, such as a hint with a command, is not folded.
"""

from __future__ import annotations

import shutil
import sys

from evalsuite.reporting.outputs.inert import columns

__all__ = ["folded", "terminal_width"]


def terminal_width() -> int | None:
    """Give the columns of the terminal that shows stderr; None where none does."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stderr.isatty() else None


def folded(line: str) -> str:
    """Break a line at spaces, and between Chinese characters, before the terminal's edge."""
    width = terminal_width()
    if width is None or columns(line) <= width:
        return line
    from evalsuite.reporting.outputs.terminal import wrapped

    text = line.lstrip(" ")
    indent = " " * (len(line) - len(text))
    further = f"\n{indent}  "
    return indent + further.join(wrapped(text.replace("\n", " "), width - len(indent) - 2))
