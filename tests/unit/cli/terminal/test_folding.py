"""Lines on a real terminal of 40 columns and in a pipe."""

from __future__ import annotations

from terminals import stderr_of

LINE = "  base     my-base (folder some/where/my-base): 50 answers to generate"
SHOWN = f"""
import sys
from evalsuite.cli.terminal.folding import folded
print(folded({LINE!r}), file=sys.stderr)
"""


def written(*, terminal: bool) -> str:
    return stderr_of(SHOWN, terminal=terminal, columns=40)


def test_a_terminal_cuts_no_word_at_its_edge() -> None:
    lines = written(terminal=True).splitlines()

    assert max(map(len, lines)) <= 40
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(LINE.split())


def test_a_pipe_gets_the_line_whole() -> None:
    assert written(terminal=False) == f"{LINE}\n"
