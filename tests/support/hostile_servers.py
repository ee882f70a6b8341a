"""Eighty ways in which a server that should speak the OpenAI protocol does not.

Bytes are written to the socket as they stand here, so that a behaviour can be what no HTTP library
would send. Each behaviour names what the command must make of it: the exit code, and words of its
one line or of the run's record.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import repeat
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BEHAVIOURS", "KEY", "PATIENCE", "Behaviour", "impatient_command", "misbehaving"]

KEY = "sk-canary-7f3a9c51e2b84d06"
MODEL = "tiny"
PATIENCE = 1.5
"""Seconds for one exchange in these tests; the command's own are fifteen minutes."""
Script = "bytes | Iterable[bytes | float]"
RESET = b"<reset>"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a server sends, and what must come of it."""

    chat: Any
    """Bytes, or pieces of them with pauses (seconds) between."""
    code: int = 5
    words: str = ""
    """In the line on stderr, or in the run's record where the command ends with 0."""
    models: Any = None
    """What ``/models`` sends, where that is the behaviour."""


def http(
    body: bytes | str = b"", status: str = "200 OK", *headers: str, length: bool = True
) -> bytes:
    """Write a reply."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    lines += [f"Content-Length: {len(content)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode() + content


def reply(text: Any = r"\boxed{2}", **changes: Any) -> dict[str, Any]:
    """Make a right answer of five tokens, with some fields changed; ``...`` leaves one out."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    choice["finish_reason"] = changes.pop("finish", "stop")
    choice |= changes.pop("choice", {})
    whole = {"model": MODEL, "choices": [choice], "usage": {"completion_tokens": 5}} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def right(text: Any = r"\boxed{2}", **changes: Any) -> bytes:
    """Write such an answer as a reply."""
    return http(json.dumps(reply(text, **changes)))


def refused(status: str, message: str = "no", *headers: str) -> bytes:
    """Write a refusal with a message."""
    return http(json.dumps({"error": {"message": message}}), status, *headers)


def drip(content: bytes, pause: float = 0.2) -> list[bytes | float]:
    """Send one byte at a time."""
    return [piece for i in range(len(content)) for piece in (content[i : i + 1], pause)]


def endless(piece: bytes, head: bytes) -> Iterator[bytes | float]:
    """Send the same piece until nobody reads it."""
    yield head
    yield from repeat(piece)


def listed(**facts: Any) -> bytes:
    """Write what ``/models`` tells of the model."""
    return http(json.dumps({"data": [{"id": MODEL, "owned_by": "tests"} | facts]}))


def _logprobs(*tokens: str) -> dict[str, Any]:
    return {"logprobs": {"content": [{"token": t, "bytes": list(t.encode())} for t in tokens]}}


HEAD = http(length=False)
CHUNKED = http(b"", "200 OK", "Transfer-Encoding: chunked", length=False)
LONG = 1 << 16
SLOW, GONE = "took too long", "no connection"

BEHAVIOURS: dict[str, Behaviour] = {
    # as it should be, so that the table is known to work
    "a right answer": Behaviour(right(), 0, '"n_tokens"'),
    # statuses
    "400": Behaviour(refused("400 Bad Request", "bad seed"), 5, "bad seed"),
    "401": Behaviour(refused("401 Unauthorized"), 5, "401"),
    "403": Behaviour(refused("403 Forbidden"), 5, "403"),
    "404": Behaviour(refused("404 Not Found"), 5, "404"),
    "405": Behaviour(refused("405 Method Not Allowed"), 5, "405"),
    "409 for ever": Behaviour(refused("409 Conflict"), 5, "409"),
    "413": Behaviour(refused("413 Content Too Large"), 5, "413"),
    "422": Behaviour(refused("422 Unprocessable"), 5, "422"),
    "429 for ever": Behaviour(refused("429 Too Many Requests"), 5, "429"),
    "429, wait 0": Behaviour(refused("429 Slow", "no", "Retry-After: 0"), 5, "429"),
    "429, wait for ever": Behaviour(refused("429 Slow", "no", "Retry-After: 999999999"), 5, "429"),
    "429, wait until 1999": Behaviour(
        refused("429 Slow", "no", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"), 5, "429"
    ),
    "429, wait nonsense": Behaviour(refused("429 Slow", "no", "Retry-After: -1e9 ok"), 5, "429"),
    "500 for ever": Behaviour(refused("500 Oops"), 5, "500"),
    "502 in HTML": Behaviour(http("<html><b>Bad Gateway</b>", "502 Bad Gateway"), 5, "502"),
    "503 without a body": Behaviour(http("", "503 Unavailable"), 5, "503"),
    "504": Behaviour(refused("504 Timeout"), 5, "504"),
    "204": Behaviour(http("", "204 No Content", length=False), 5, "no JSON"),
    "299": Behaviour(http("", "299 What"), 5, "no JSON"),
    "a status of 999": Behaviour(http("", "999 Never"), 5, "999"),
    "a status of letters": Behaviour(http("", "abc def"), 5, GONE),
    "another protocol": Behaviour(b"SSH-2.0-OpenSSH_9.6\r\n", 5, GONE),
    "HTTP/0.9": Behaviour(b"hello\n", 5, GONE),
    "continue for ever": Behaviour(lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n", b""), 5, ""),
    # none of these redirects is followed
    "301 elsewhere": Behaviour(http("", "301 Moved", "Location: {elsewhere}"), 5, "301"),
    "302 to a file": Behaviour(http("", "302 Found", "Location: file:///etc/passwd"), 5, "302"),
    "303 to itself": Behaviour(http("", "303 See", "Location: /v1/chat/completions"), 5, "303"),
    "307 elsewhere": Behaviour(http("", "307 Temporary", "Location: {elsewhere}"), 5, "307"),
    "308 with the key": Behaviour(http("", "308 Moved", f"Location: /?key={KEY}"), 5, "308"),
    # other answers than were asked for
    "another model": Behaviour(right(model="gpt-9"), 0, "answered as gpt-9"),
    "a model that is a list": Behaviour(right(model=[1]), 0, '"answered_as": []'),
    "max_tokens ignored": Behaviour(right("a " * 400, usage={"completion_tokens": 400}), 5, ""),
    "max_tokens ignored, tokens listed": Behaviour(
        right(
            "a" * 40, choice=_logprobs(*"a" * 40), usage={"completion_tokens": 40}, finish="length"
        ),
        0,
        "ignored max_tokens in 2 of 2",
    ),
    "no usage": Behaviour(right(usage=...), 5, "usage"),
    "usage below zero": Behaviour(right(usage={"completion_tokens": -3}), 5, "completion_tokens"),
    "usage of text": Behaviour(right(usage={"completion_tokens": "5"}), 5, "completion_tokens"),
    "usage of true": Behaviour(right(usage={"completion_tokens": True}), 5, "completion_tokens"),
    "usage of 10**400": Behaviour(right(usage={"completion_tokens": 10**400}), 5, ""),
    "no choices": Behaviour(right(choices=[]), 5, "choice"),
    "choices of nothing": Behaviour(right(choices=None), 5, "choice"),
    "two choices": Behaviour(right(choices=reply()["choices"] * 2), 5, "choice"),
    "a choice of text": Behaviour(right(choices=["2"]), 5, ""),
    "no message": Behaviour(right(choice={"message": None}), 5, ""),
    "no content": Behaviour(right(None), 0, "2 of 2 answers are empty"),
    "empty content": Behaviour(right(""), 0, "2 of 2 answers are empty"),
    "content in parts": Behaviour(right([{"type": "text", "text": "2"}]), 5, ""),
    "content of a number": Behaviour(right(2), 5, ""),
    "no finish": Behaviour(right(finish=None), 5, "finish"),
    "a filter": Behaviour(right(finish="content_filter"), 5, "content_filter"),
    "a tool": Behaviour(right(finish="tool_calls"), 5, "tool_calls"),
    "a full context": Behaviour(right(finish="length"), 5, "context is full"),
    "tokens of another text": Behaviour(right("b", choice=_logprobs("a")), 0, '"token_ends":null'),
    "tokens without an end": Behaviour(
        right(choice={"logprobs": {"content": [None, 7, {"token": []}]}}), 0, '"token_ends":null'
    ),
    "a lone surrogate": Behaviour(http(json.dumps(reply("\ud800 2"))), 0, "\\ud800"),
    "control characters": Behaviour(right("\x1b]0;owned\x07\u202e2"), 0, "\\u001b"),
    "two megabytes of text": Behaviour(right("7 " * (1 << 20)), 5, "over"),
    # no JSON, or not what JSON should hold
    "an empty body": Behaviour(http(""), 5, "no JSON"),
    "half a body": Behaviour(http(json.dumps(reply())[:40]), 5, "no JSON"),
    "a list": Behaviour(http("[]"), 5, "no JSON object"),
    "NaN alone": Behaviour(http("NaN"), 5, "no JSON object"),
    "more after the end": Behaviour(http(json.dumps(reply()) + "{}"), 5, "no JSON"),
    "depth 100,000": Behaviour(http("[" * 100_000 + "]" * 100_000), 5, "no JSON"),
    "a number of 10**5 digits": Behaviour(http('{"choices": ' + "9" * 10**5 + "}"), 5, ""),
    "bytes that are no UTF-8": Behaviour(http(b'{"choices": "\xff\xfe"}'), 5, "no JSON"),
    "UTF-16": Behaviour(http(json.dumps(reply()).encode("utf-16")), 0, '"n_tokens"'),
    "a stream of events": Behaviour(http(f"data: {json.dumps(reply())}\n\n"), 5, "no JSON"),
    "an error with 200": Behaviour(http('{"error": {"message": "overloaded"}}'), 5, ""),
    # bodies that do not end, or end early
    "gzip unasked": Behaviour(
        http(gzip.compress(bytes(10**7)), "200 OK", "Content-Encoding: gzip"), 5, "no JSON"
    ),
    "an endless body": Behaviour(lambda: endless(b" " * LONG, HEAD), 5, "over"),
    "endless chunks": Behaviour(
        lambda: endless(b"10000\r\n" + b" " * LONG + b"\r\n", CHUNKED), 5, "over"
    ),
    "endless headers": Behaviour(
        lambda: endless(b"X: " + b"y" * LONG + b"\r\n", b"HTTP/1.1 200 OK\r\n"), 5, GONE
    ),
    "a chunk of no size": Behaviour(CHUNKED + b"zz\r\nhello\r\n", 5, GONE),
    "less than its length": Behaviour(
        http(json.dumps(reply()), "200 OK", "Content-Length: 99999", length=False), 5, GONE
    ),
    "a length below zero": Behaviour(
        http("{}", "200 OK", "Content-Length: -5", length=False), 5, GONE
    ),
    "two lengths": Behaviour(http(json.dumps(reply()), "200 OK", "Content-Length: 3"), 5, GONE),
    # connections that break or hold
    "closed at once": Behaviour(b"", 5, GONE),
    "reset at once": Behaviour(RESET, 5, GONE),
    "reset in the body": Behaviour([http("{", "200 OK"), 0.05, RESET], 5, ""),
    "closed within headers": Behaviour(b"HTTP/1.1 200 OK\r\nContent-Le", 5, GONE),
    "kept alive, then reset": Behaviour(
        [http(json.dumps(reply()), "200 OK", "Connection: keep-alive"), RESET], 0, '"n_tokens"'
    ),
    "silence": Behaviour([60.0], 5, SLOW),
    "a dripping status": Behaviour(drip(right()), 5, SLOW),
    "dripping headers": Behaviour([HEAD[:17], *drip(b"X: " + b"y" * 900)], 5, SLOW),
    "a dripping body": Behaviour([HEAD, *drip(b" " * 900)], 5, SLOW),
    "dripping chunk sizes": Behaviour([CHUNKED, *drip(b"0" * 900)], 5, SLOW),
    "a dripping refusal": Behaviour([http("", "500 Oops", length=False), *drip(b"n" * 900)], 5, ""),
    # the key, echoed
    "the key in the answer": Behaviour(right(f"I know {KEY}"), 0, "I know ****"),
    "the key over tokens": Behaviour(
        right(KEY, choice=_logprobs(KEY[:9], KEY[9:]), usage={"completion_tokens": 2}), 0, "****"
    ),
    "the key in a refusal": Behaviour(refused("401 No", f"wrong key {KEY}"), 5, "wrong key ***"),
    "the key in HTML": Behaviour(http(f"<p>{'x' * 190}{KEY}", "403 No"), 5, "403"),
    "the key in headers": Behaviour(http(json.dumps(reply()), "200 OK", f"X-Key: {KEY}"), 0, ""),
    "the key as a reason": Behaviour(http("", f"401 {KEY}"), 5, "401"),
    "the key as status line": Behaviour(f"HTTP/1.1 {KEY}\r\n\r\n".encode(), 5, GONE),
    "the key as fingerprint": Behaviour(right(system_fingerprint=KEY), 0, "*****"),
    "the key as model": Behaviour(right(model=f"x{KEY}"), 0, "answered as x***"),
    "the key as finish": Behaviour(right(finish=KEY), 5, "finish"),
    "the key as a name": Behaviour(right(**{KEY: KEY}), 0, '"n_tokens"'),
    # what /models says
    "a list that is none": Behaviour(right(), 5, "", models=http("[]")),
    "an empty list": Behaviour(right(), 2, "", models=http('{"data": []}')),
    "other models only": Behaviour(right(), 2, "gpt-9", models=listed(id="gpt-9")),
    "a list of everything": Behaviour(
        right(), 2, "", models=http(json.dumps({"data": [None, 7, [], {"id": 5}]}))
    ),
    "an endless list": Behaviour(right(), 5, "", models=lambda: endless(b" " * LONG, HEAD)),
    "a dripping list": Behaviour(right(), 5, SLOW, models=[HEAD, *drip(b" " * 900)]),
    "a list elsewhere": Behaviour(
        right(), 5, "302", models=http("", "302 Found", "Location: {elsewhere}")
    ),
    "no list": Behaviour(right(), 5, "404", models=refused("404 Not Found")),
    "the key in the list": Behaviour(
        right(), 0, "****", models=listed(root=KEY, owned_by=f"by {KEY}")
    ),
    "control in the list": Behaviour(right(), 0, "", models=listed(root="\x1b]0;owned\x07")),
}


class Misbehaving:
    """A server of one behaviour, and a second one that must never be asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._sockets = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(2)]
        self.url, self._elsewhere = (
            f"http://127.0.0.1:{s.getsockname()[1]}/v1" for s in self._sockets
        )
        self.elsewhere_was_asked = False
        for target in (self._serve, self._notice):
            Thread(target=target, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _notice(self) -> None:
        with suppress(OSError):
            connection, _ = self._sockets[1].accept()
            self.elsewhere_was_asked = True
            connection.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._sockets[0].accept()
                Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            asked = _read_request(connection)
            script = self._behaviour.chat
            if asked.startswith(b"GET"):
                script = self._behaviour.models or listed()
            script = script() if callable(script) else script
            for piece in [script] if isinstance(script, bytes) else script:
                if isinstance(piece, float):
                    time.sleep(piece)
                elif piece == RESET:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return
                else:
                    connection.sendall(piece.replace(b"{elsewhere}", self._elsewhere.encode()))


def _read_request(connection: socket.socket) -> bytes:
    connection.settimeout(30)
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += connection.recv(LONG) or b"\r\n\r\n"
    head, _, body = asked.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        while name == b"content-length" and len(body) < int(value):
            body += connection.recv(LONG) or b" " * int(value)
    return asked


@contextmanager
def misbehaving(behaviour: Behaviour) -> Iterator[Misbehaving]:
    """Serve one behaviour while the block runs."""
    server = Misbehaving(behaviour)
    try:
        yield server
    finally:
        server.close()


def impatient_command(*arguments: str) -> None:
    """Run a command with short deadlines and two tries; the rules are those of the long ones."""
    from evalsuite.cli.main import main
    from evalsuite.generation import endpoint
    from evalsuite.models import servers

    endpoint._SECONDS, servers._LIST_SECONDS = PATIENCE, PATIENCE
    endpoint._FIRST_WAIT, endpoint._TRIES = 0.01, 2
    main(list(arguments))
