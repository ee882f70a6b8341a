"""What a process writes to stderr, on a real terminal or into a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["stderr_of"]

ROOT = Path(__file__).parents[2]


def stderr_of(code: str, *, terminal: bool, columns: int) -> str:
    """Run Python code in a process of its own, and give all that it wrote."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=theirs,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": str(columns)},
    ) as process:
        os.close(theirs)
        pieces = []
        with suppress(OSError):  # Linux ends a terminal by an error
            while piece := os.read(ours, 4096):
                pieces.append(piece)
        os.close(ours)
    assert process.returncode == 0
    return b"".join(pieces).decode()
