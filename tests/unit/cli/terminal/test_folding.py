"""Lines on a real terminal of 40 columns and in a pipe."""

from __future__ import annotations

from terminals import stderr_of

from evalsuite.reporting.outputs.inert import columns

LINE = "  base     my-base (folder some/where/my-base): 50 answers to generate"
CHINESE = "  训练前   my-base（文件夹 some/where/my-base）：要生成 50 份回答，已经完成的直接使用"
SHOWN = """
import sys
from evalsuite.cli.terminal.folding import folded
print(folded({line!r}), file=sys.stderr)
"""


def written(*, terminal: bool, line: str = LINE) -> str:
    return stderr_of(SHOWN.format(line=line), terminal=terminal, columns=40)


def test_a_terminal_cuts_no_word_at_its_edge() -> None:
    lines = written(terminal=True).splitlines()

    assert max(map(len, lines)) <= 40
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(LINE.split())


def test_a_chinese_line_is_broken_between_its_characters() -> None:
    lines = written(terminal=True, line=CHINESE).splitlines()

    assert max(map(columns, lines)) <= 40
    assert min(map(columns, lines[:-1])) >= 20
    assert "".join("".join(lines).split()) == "".join(CHINESE.split())


def test_a_pipe_gets_the_line_whole() -> None:
    assert written(terminal=False) == f"{LINE}\n"
