"""A deadline for one exchange over HTTP, whatever the server is sending.

A client's own limits are for each read alone: a server that sends a byte of its headers at a time
would keep it for ever. What is asked, and what an answer is worth, is not known here.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socket import socket

__all__ = ["Deadline"]


class Deadline:
    """Ends one exchange by shutting its connections, whatever is being read from them.

    The connections must be the exchange's own, opened while `watch` is told of every step.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._seconds = seconds
        self._timer: Timer | None = None
        self._sockets: list[socket] = []
        self._lock = Lock()

    def start(self) -> None:
        """Let the time run, from now on, unless it runs already."""
        if self._timer is None:
            self._timer = Timer(self._seconds, self.end)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        """Let the time run no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Take note of a connection; the client calls this at every step."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        with self._lock:
            self._sockets.append(info["return_value"].get_extra_info("socket"))
        if self.is_over:
            self.end()

    def end(self) -> None:
        """Shut every connection; a closed one alone would not wake who reads from it."""
        from socket import SHUT_RDWR

        self.is_over = True
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):  # gone already
                    connection.shutdown(SHUT_RDWR)
