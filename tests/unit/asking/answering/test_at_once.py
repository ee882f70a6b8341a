from __future__ import annotations

import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.asking.answering.at_once import run_at_once

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 60.0
"""Seconds that a piece of work takes that nobody interrupts."""


def ignore(number: int, **state: Any) -> None:
    del number, state


def meet(barrier: threading.Barrier, number: int, tell: Callable[..., None]) -> int:
    """Wait until every other piece is under way too."""
    del tell
    barrier.wait(LONG)
    return number


def go_on(ended: list[str], begun: threading.Event, tell: Callable[..., None]) -> None:
    """Work for long, as Python does: instruction by instruction."""
    del tell
    try:
        begun.set()
        until = time.monotonic() + LONG
        while time.monotonic() < until:
            time.sleep(0.01)
        ended.append("in its own time")
    except KeyboardInterrupt:
        ended.append("interrupted")
        raise


def test_pieces_run_at_the_same_time_and_their_results_keep_their_order() -> None:
    barrier = threading.Barrier(3)

    results = run_at_once([partial(meet, barrier, number) for number in (5, 3, 4)], ignore)

    assert results == [5, 3, 4]


def test_nothing_to_do_gives_nothing() -> None:
    assert run_at_once([], ignore) == []


def test_progress_is_told_in_the_thread_that_waits() -> None:
    told: list[tuple[int, int, bool]] = []

    def piece(tell: Callable[..., None]) -> bool:
        for done in (1, 2):
            tell(done=done)
        return threading.current_thread() is threading.main_thread()

    def take(number: int, *, done: int) -> None:
        told.append((number, done, threading.current_thread() is threading.main_thread()))

    results = run_at_once([piece, piece], take)

    assert results == [False, False]
    assert sorted(told) == [(0, 1, True), (0, 2, True), (1, 1, True), (1, 2, True)]
    assert told.index((0, 1, True)) < told.index((0, 2, True))


def test_the_first_error_ends_the_others_before_it_is_raised() -> None:
    ended: list[str] = []
    begun = threading.Event()

    def fail(tell: Callable[..., None]) -> None:
        del tell
        begun.wait(LONG)
        raise ValueError("no answer")

    pieces: list[Any] = [partial(go_on, ended, begun), fail]
    with pytest.raises(ValueError, match="no answer"):
        run_at_once(pieces, ignore)

    assert ended == ["interrupted"]


def test_an_error_of_whoever_is_told_ends_the_pieces() -> None:
    ended: list[str] = []
    begun = threading.Event()

    def tell_once(tell: Callable[..., None]) -> None:
        begun.wait(LONG)
        tell(done=1)

    def refuse(number: int, **state: Any) -> None:
        del number, state
        raise ValueError("full")

    pieces: list[Any] = [partial(go_on, ended, begun), tell_once]
    with pytest.raises(ValueError, match="full"):
        run_at_once(pieces, refuse)

    assert ended == ["interrupted"]


PRESSED = """
import os, signal, time
from evalsuite.asking.answering.at_once import run_at_once

ended, begun = [], set()

def work(tell):
    try:
        tell()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            time.sleep(0.01)
    except KeyboardInterrupt:
        ended.append("interrupted")
        raise

def press(number):
    begun.add(number)
    if len(begun) == 2:
        os.kill(os.getpid(), signal.SIGINT)

try:
    run_at_once([work, work], press)
except KeyboardInterrupt:
    print(*ended)
"""


def test_ctrl_c_in_the_thread_that_waits_ends_the_pieces() -> None:
    """In a process of its own: whoever runs the tests shall not be interrupted."""
    done = subprocess.run(
        [sys.executable, "-c", PRESSED], capture_output=True, text=True, check=True, timeout=LONG
    )

    assert done.stdout.split() == ["interrupted", "interrupted"]
    assert done.stderr == ""
