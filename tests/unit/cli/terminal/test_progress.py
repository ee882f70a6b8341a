"""What a run shows on a real terminal and into a pipe; signals are in test_signals."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest
from terminals import stderr_of

from evalsuite.cli.shared.signals import watch_signals
from evalsuite.cli.terminal.progress import silence
from evalsuite.reporting.outputs.inert import columns as width_of

STATES = """
from evalsuite.cli.terminal.progress import ProgressLine
line = ProgressLine("base", {lang!r})
line(done=0, total=200, tokens=0, truncated=0, seconds=0.0)
line(done=4, total=200, tokens=40, truncated=1, seconds=2.0)
line(done=104, total=200, tokens=1040, truncated=1, seconds=7.0)
line(done=200, total=200, tokens=2000, truncated=2, seconds=12.0)
"""


def written(*, terminal: bool, columns: int = 100, lang: str = "en") -> str:
    code = STATES.replace("{lang!r}", repr(lang))
    return stderr_of(code, terminal=terminal, columns=columns)


def test_a_terminal_has_one_bar_with_the_time_since_the_start() -> None:
    states = [state for state in written(terminal=True).split("\r") if state.strip()]

    assert "loading libraries and model" in states[0]
    assert ["█" in state for state in states[:4]] == [False, False, True, True]
    assert "░" in states[2]
    assert "104/200  149 tokens/s  cut off 1%  0:00, about 0:05 left" in states[2]
    assert "200/200" in states[3]
    assert "left" not in states[3]


@pytest.mark.parametrize(("columns", "bar"), [(74, True), (56, False)])
def test_a_narrow_terminal_shortens_the_bar_and_keeps_the_time(columns: int, bar: bool) -> None:
    states = written(terminal=True, columns=columns).replace("\x1b[K", "").split("\r")
    last = next(state.rstrip() for state in reversed(states) if state.strip())

    assert last.endswith("200/200  167 tokens/s  cut off 1%  0:00")
    assert ("█" in last) == bar
    assert len(last) < columns


def test_progress_is_told_in_chinese_and_never_wider_than_the_terminal() -> None:
    states = written(terminal=True, columns=60, lang="zh").replace("\x1b[K", "").split("\r")

    assert any("正在加载库和模型" in state for state in states)
    assert any("每秒 149 个 token  截断 1%" in state for state in states)
    assert max(map(width_of, states)) < 60


def test_answers_that_were_there_already_have_no_speed() -> None:
    states = STATES.replace("tokens=40", "tokens=0").replace("{lang!r}", "'en'")
    lines = stderr_of(states, terminal=False, columns=100).splitlines()

    assert "4/200  speed not known yet  cut off" in lines[1]


def test_a_pipe_has_a_line_a_tenth_and_no_control_characters() -> None:
    lines = written(terminal=False).splitlines()

    assert len(lines) == 4
    assert not any("\x1b" in line or "█" in line for line in lines)
    assert "left" not in lines[1]  # four answers do not tell how fast they come


def test_nothing_is_shown_in_silence_but_an_interrupt_comes_through(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = silence("base")
    progress(done=1, total=2, tokens=1, truncated=0, seconds=1.0)
    assert capsys.readouterr().err == ""
    before = signal.getsignal(signal.SIGINT)
    try:
        watch_signals()
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            progress(done=2, total=2, tokens=2, truncated=0, seconds=2.0)
        watch_signals()
    finally:
        signal.signal(signal.SIGINT, before)
