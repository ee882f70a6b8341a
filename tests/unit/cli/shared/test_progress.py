"""Ctrl-C is never lost, even where its exception is swallowed."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from evalsuite.cli.shared.progress import ProgressLine, raise_if_interrupted, watch_interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    watch_interrupts()
    yield
    watch_interrupts()
    signal.signal(signal.SIGINT, before)


def test_a_swallowed_interrupt_comes_back_with_the_next_progress() -> None:
    line = ProgressLine("base")
    line(done=1, total=2, tokens=1, truncated=0, seconds=1.0)
    with suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        line(done=2, total=2, tokens=2, truncated=0, seconds=2.0)


def test_nothing_is_raised_without_an_interrupt() -> None:
    raise_if_interrupted()
