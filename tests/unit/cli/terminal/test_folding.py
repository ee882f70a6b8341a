"""Lines on a real terminal of 40 columns and in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

LINE = "  base     my-base (folder some/where/my-base): 50 answers to generate"
SHOWN = f"""
import sys
from evalsuite.cli.terminal.folding import folded
print(folded({LINE!r}), file=sys.stderr)
"""


def written(*, terminal: bool) -> str:
    """Collect what a process writes to stderr, on a real terminal or into a pipe."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[4]), "COLUMNS": "40"}
    with subprocess.Popen([sys.executable, "-c", SHOWN], stderr=theirs, env=environment) as process:
        os.close(theirs)
        pieces = []
        with suppress(OSError):  # Linux ends a terminal by an error
            while piece := os.read(ours, 4096):
                pieces.append(piece)
        os.close(ours)
    assert process.returncode == 0
    return b"".join(pieces).decode()


def test_a_terminal_cuts_no_word_at_its_edge() -> None:
    lines = written(terminal=True).splitlines()

    assert max(map(len, lines)) <= 40
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(LINE.split())


def test_a_pipe_gets_the_line_whole() -> None:
    assert written(terminal=False) == f"{LINE}\n"
