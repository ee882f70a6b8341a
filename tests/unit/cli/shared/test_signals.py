"""Ctrl-C, SIGTERM and SIGHUP are never lost, even where their exception is swallowed."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from evalsuite.cli.shared.signals import (
    Stopped,
    raise_if_stopped,
    stop_number,
    unwatch_signals,
    watch_signals,
)
from evalsuite.cli.terminal.progress import ProgressLine, TrainingLines

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    watch_signals()
    yield
    watch_signals()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_swallowed_signal_comes_back_with_the_next_progress(number: signal.Signals) -> None:
    line = ProgressLine("base")
    line(done=1, total=2, tokens=1, truncated=0, seconds=1.0)
    with suppress(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    with pytest.raises(KeyboardInterrupt) as stopped:
        line(done=2, total=2, tokens=2, truncated=0, seconds=2.0)
    with pytest.raises(KeyboardInterrupt):
        TrainingLines()({"step": 1}, ())

    assert stop_number(stopped.value) == number


def test_nothing_is_raised_without_a_signal() -> None:
    raise_if_stopped()


def test_a_hang_up_that_nohup_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    watch_signals()
    os.kill(os.getpid(), signal.SIGHUP)
    raise_if_stopped()


def test_a_forked_worker_ends_by_sigterm_without_a_word() -> None:
    worker = os.fork()
    if worker == 0:
        with suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
        os._exit(7)  # only where an exception came instead
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGTERM


def test_what_is_unwatched_ends_the_process_at_once() -> None:
    unwatch_signals()
    assert {signal.getsignal(number) for number in NUMBERS} == {signal.SIG_DFL}


def test_ctrl_c_is_the_signal_where_nothing_else_is_known() -> None:
    assert stop_number(None) == stop_number(KeyboardInterrupt()) == signal.SIGINT
    assert stop_number(Stopped(signal.SIGTERM)) == signal.SIGTERM
