"""A deadline ends what waits on a connection, also one that comes after it; real sockets."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from evalsuite.tasks.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTED = "connection.connect_tcp.complete"


class Stream:
    """What a client's step gives of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def get_extra_info(self, name: str) -> socket.socket:
        assert name == "socket"
        return self.connection


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(30)
        yield ours


def test_who_reads_is_woken_at_the_deadline(connection: socket.socket) -> None:
    deadline = Deadline(0.1)
    deadline.watch(CONNECTED, {"return_value": Stream(connection)})
    begun = time.monotonic()

    deadline.start()

    assert connection.recv(1) == b""
    assert deadline.is_over
    assert 0.05 < time.monotonic() - begun < 20


def test_a_connection_made_after_the_deadline_is_shut_at_once(connection: socket.socket) -> None:
    deadline = Deadline(9)
    deadline.end()

    deadline.watch(CONNECTED, {"return_value": Stream(connection)})

    assert connection.recv(1) == b""


def test_a_deadline_that_was_stopped_ends_nothing(connection: socket.socket) -> None:
    deadline = Deadline(0.1)
    deadline.watch(CONNECTED, {"return_value": Stream(connection)})
    deadline.start()
    deadline.stop()
    connection.settimeout(0.5)

    with pytest.raises(TimeoutError):
        connection.recv(1)
    assert not deadline.is_over


def test_other_steps_name_no_connection() -> None:
    Deadline(9).watch("http11.send_request_headers.started", {"request": None})
