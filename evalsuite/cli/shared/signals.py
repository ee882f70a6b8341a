"""Signals that ask a command to end: Ctrl-C, SIGTERM and a terminal that hangs up.

All three end it in the same way, as exceptions, so that journals are closed and locks freed. A
library may swallow an exception, but not what is noted here, and the next progress raises it again.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Stopped", "raise_if_stopped", "stop_number", "unwatch_signals", "watch_signals"]

_ASKED_POLITELY = ("SIGTERM", "SIGHUP")
"""Of those the system has: a scheduler, a container's host or a closed terminal sends them."""
_noted: list[int] = []
"""The first signal since `watch_signals`, or nothing."""


class Stopped(KeyboardInterrupt):
    """A signal other than Ctrl-C's; libraries let it pass as they let Ctrl-C pass."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def watch_signals() -> None:
    """Note every such signal from now on, and raise it where the program stands."""
    _noted.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, _raiser(os.getpid()))
    for name in _ASKED_POLITELY:
        number = getattr(signal, name, None)
        # nohup has it ignored, and means it.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raiser(os.getpid()))


def unwatch_signals() -> None:
    """Let the next signal end the process at once."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number, handler in ((n, signal.getsignal(n)) for n in signal.valid_signals()):
        if getattr(handler, "__module__", None) == __name__:
            signal.signal(number, signal.SIG_DFL)


def raise_if_stopped() -> None:
    """Raise a signal since `watch_signals` that was swallowed, say inside a destructor."""
    if _noted:
        raise _error_of(_noted[0])


def stop_number(error: BaseException | None) -> int:
    """Return the number of the signal behind an interrupt; Ctrl-C's where nothing else is known."""
    return error.number if isinstance(error, Stopped) else int(signal.SIGINT)


def _raiser(owner: int) -> signal._HANDLER:
    def note(number: int, _frame: FrameType | None) -> None:
        # Workers that libraries fork are ended by SIGTERM as a matter of course: quietly.
        if os.getpid() != owner and number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        _noted.append(number)
        raise _error_of(number)

    return note


def _error_of(number: int) -> KeyboardInterrupt:
    return KeyboardInterrupt() if number == signal.SIGINT else Stopped(number)
