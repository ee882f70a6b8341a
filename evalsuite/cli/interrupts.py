"""Ctrl-C that is not lost: a library may swallow the exception, but not what is noted here."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["raise_if_interrupted", "watch_interrupts"]

_seen = threading.Event()


def watch_interrupts() -> None:
    """Note every Ctrl-C from now on, and raise ``KeyboardInterrupt`` as Python does."""
    _seen.clear()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _note)


def raise_if_interrupted() -> None:
    """Raise again what was swallowed, for example inside a destructor.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed since `watch_interrupts`.
    """
    if _seen.is_set():
        raise KeyboardInterrupt


def _note(_number: int, _frame: FrameType | None) -> None:
    _seen.set()
    raise KeyboardInterrupt
