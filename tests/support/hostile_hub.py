"""Ways in which a server that should be the Hub is none: redirects, wrong hashes, drips, refusals.

One repository a behaviour, ``hostile/NAME``, on one server at 127.0.0.1, and a second host at
127.0.0.2, which notes every token that it is sent. Bytes are written to the socket as they stand
here. ``use`` resolves and loads a repository as commands do, and says what came of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from evalsuite.errors import EvalsuiteError
from evalsuite.models.names import embedded_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["BEHAVIOURS", "TOKEN", "Behaviour", "HostileHub", "hostile_hub", "use"]

TOKEN = "hf_canary-7f3a9c51e2b84d06"  # noqa: S105  of this server alone
COMMIT = "c0ffee" + "0" * 34
FILES = {p.name: p.read_bytes() for p in (embedded_folder() / "base").iterdir() if p.is_file()}
WEIGHTS = "model.safetensors"
_JSON = {"Content-Type": "application/json"}
PATIENCE = "2"
"""Seconds without a byte after which the Hub's client gives up, in these tests."""


Pieces: TypeAlias = "bytes | Iterable[bytes | float]"
"""Of a reply, with pauses (seconds) between."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, and of whom."""

    method: str
    kind: str
    """``config``, ``weights``, ``list`` (of files), ``tree`` or ``other``."""
    file: str
    hub: str
    elsewhere: str
    is_elsewhere: bool
    attempt: int
    """Of this method on this path, from 1."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is answered instead of the right thing; None stands for the right thing."""

    answer: Callable[[Request], Pieces | None]
    words: str = "error: "
    """Of the one line that comes of it; ``good`` is a model that loads."""


def http(
    status: str, body: bytes = b"", headers: Mapping[str, str] = {}, length: int | None = None
) -> bytes:
    """Write a reply; with None its length is the true one."""
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def right(request: Request, content: bytes | None = None, headers: Mapping[str, str] = {}) -> bytes:
    """Answer as the Hub does."""
    if request.kind in ("list", "tree"):
        return http("200 OK", _listing(request), _JSON)
    known = FILES.get(request.file)
    if known is None:
        missing = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}
        return http("404 Not Found", b"{}", missing)
    named = {"ETag": f'"{hashlib.sha256(known).hexdigest()}"', "X-Repo-Commit": COMMIT} | dict(
        headers
    )
    body = known if content is None else content
    reply = http("200 OK", body, named)
    return reply if request.method == "GET" else reply[: len(reply) - len(body)]


def _listing(request: Request) -> bytes:
    if request.kind == "tree":
        entries = [
            {"type": "file", "path": n, "size": len(c), "oid": hashlib.sha256(c).hexdigest()}
            for n, c in FILES.items()
        ]
        return json.dumps(entries).encode()
    siblings = [{"rfilename": name} for name in FILES]
    return json.dumps({"id": "x/y", "modelId": "x/y", "sha": COMMIT, "siblings": siblings}).encode()


def _at(
    kinds: str, reply: Callable[[Request], Pieces | None], method: str = ""
) -> Callable[[Request], Pieces | None]:
    """Answer some requests in a wrong way, and all others as the Hub does."""

    def answer(request: Request) -> Pieces | None:
        is_meant = request.kind in kinds.split() and method in ("", request.method)
        return reply(request) if is_meant and not request.is_elsewhere else None

    return answer


def _moved(to: str, status: str = "302 Found") -> Callable[[Request], bytes | None]:
    def reply(request: Request) -> bytes | None:
        if request.file not in FILES and request.kind not in ("list", "tree"):
            return None  # a missing file is missing first, and nowhere else
        place = to.format(hub=request.hub, elsewhere=request.elsewhere, file=request.file)
        head = {"ETag": f'"{hashlib.sha256(FILES.get(request.file, b"")).hexdigest()}"'}
        head |= {"X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(FILES.get(request.file, b"")))}
        return http(status, b"", head | {"Location": place})

    return reply


def _refused(status: str, **headers: str) -> Callable[[Request], bytes]:
    body = json.dumps({"error": f"no, {TOKEN} may not"}).encode()
    named = _named(headers)
    return lambda request: http(status, body if request.method == "GET" else b"", named)


def _drip(reply: bytes, pause: float = 0.5, at: int | None = None) -> list[bytes | float]:
    """Send the body a byte at a time, or all from a place on."""
    start = reply.index(b"\r\n\r\n") + 4 if at is None else at
    drops = [reply[i : i + 1] for i in range(start, len(reply))]
    return [reply[:start], *(piece for drop in drops for piece in (drop, pause))]


def _flipped(request: Request) -> bytes | None:
    content = bytearray(FILES.get(request.file, b""))
    if not content:
        return None
    content[-1] ^= 1
    return right(request, bytes(content))


def _headers(**headers: str) -> Callable[[Request], bytes]:
    return lambda request: right(request, headers=_named(headers))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _cut(request: Request) -> bytes:
    reply = right(request)
    return reply[: len(reply) // 2] if request.method == "GET" else reply


def _endless(request: Request | None) -> Iterator[bytes]:
    head = http("200 OK", length=2**40) if request is None else right(request)
    yield head.replace(b"Content-Length: ", b"Content-Length: 99999") if request else head
    while True:
        yield b" " * 65536


def _slow_headers() -> Iterator[bytes | float]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    while True:
        yield from (b"y", 0.2)


def _continue() -> Iterator[bytes | float]:
    while True:
        yield from (b"HTTP/1.1 100 Continue\r\n\r\n", 0.2)


def _unsized(reply: bytes) -> bytes:
    """Leave the length out: the body ends with the connection."""
    return re.sub(rb"Content-Length: \d+\r\n", b"", reply, count=1)


def _endless_unsized(request: Request) -> Iterator[bytes]:
    yield _unsized(right(request))
    while True:
        yield b" " * 65536


def _endless_chunks(request: Request) -> Iterator[bytes]:
    head = _unsized(right(request, b"")).replace(
        b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    yield head
    while True:
        yield b"10000\r\n" + b" " * 65536 + b"\r\n"


def _larger_than_any_disk(request: Request) -> Iterator[bytes]:
    yield re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % 2**60, right(request), count=1)
    while True:
        yield b" " * 65536


def _packed(reply: bytes) -> bytes:
    """Pack a body that is ten thousand times as large when unpacked."""
    head, _, body = reply.partition(b"\r\n\r\n")
    content = gzip.compress(body + b" " * 2**24) if body else b""
    head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(content), head)
    return head + b"\r\nContent-Encoding: gzip\r\n\r\n" + content


def _once(reply: Callable[[Request], bytes]) -> Callable[[Request], bytes | None]:
    return lambda request: reply(request) if request.attempt == 1 else None


def _junk(body: bytes) -> Callable[[Request], bytes]:
    return lambda _: http("200 OK", body, _JSON)


CONFIG, GET, HEAD = "config", "GET", "HEAD"
_WAYS: dict[str, tuple[Callable[[Request], Pieces | None], str]] = {
    "right": (lambda _: None, "good"),
    # redirects
    "weights-on-another-host": (_at("weights", _moved("{elsewhere}/{file}")), "good"),
    "all-on-another-host": (_at("config weights other", _moved("{elsewhere}/{file}")), "good"),
    "list-on-another-host": (_at("list tree", _moved("{elsewhere}/list")), "error: "),
    "renamed": (_at("config", _moved("/moved/repo/resolve/main/{file}", "307 Moved")), ""),
    "loop": (_at("config", _moved("/hostile/loop/resolve/main/config.json", "307 x")), "error: "),
    "loop-over-hosts": (_at("weights", _moved("{elsewhere}/back/{file}")), "error: "),
    "to-a-file": (_at("weights", _moved("file:///etc/passwd")), "error: "),
    "to-ftp": (_at("weights", _moved("ftp://127.0.0.1/{file}")), "error: "),
    "to-nowhere": (_at("weights", _moved("http://127.0.0.1:1/{file}")), "error: "),
    "to-userinfo": (_at("weights", _moved("http://u:p@127.0.0.1:1/{file}")), "error: "),
    "to-nothing": (_at("weights", _moved("")), "error: "),
    "to-junk": (_at("weights", _moved("http://[")), "error: "),
    "to-another-file": (_at("weights", _moved("{elsewhere}/config.json")), "error: "),
    "to-a-refusal": (_at("weights", _moved("{elsewhere}/refused")), "error: "),
    # hashes and names
    "flipped-weights": (_at("weights", _flipped), "error: "),
    "flipped-settings": (_at("other", _flipped), "error: "),
    "other-etag-on-get": (_at("weights", _headers(ETag='"' + "0" * 64 + '"'), GET), "good"),
    "other-etag-on-head": (_at("weights", _headers(ETag='"' + "0" * 64 + '"'), HEAD), ""),
    "etag-is-a-path": (_at("config", _headers(ETag='"../../../../owned"')), "error: "),
    "etag-is-absolute": (_at("config", _headers(ETag='"/nowhere/owned"')), "error: "),
    "etag-is-long": (_at("config", _headers(ETag='"' + "e" * 5000 + '"')), "error: "),
    "etag-is-empty": (_at("config", _headers(ETag='""')), "error: "),
    "commit-is-a-path": (_at("config", _headers(X_Repo_Commit="../../../../owned")), "error: "),
    "commit-is-absolute": (_at("config", _headers(X_Repo_Commit="/nowhere/owned")), "error: "),
    "commit-is-a-word": (_at("config", _headers(X_Repo_Commit="latest")), "error: "),
    "commit-is-empty": (_at("config", _headers(X_Repo_Commit="")), "error: "),
    "no-headers": (_at("config", lambda r: http("200 OK", FILES.get(r.file, b""))), "error: "),
    "size-is-a-word": (_at("weights", _headers(X_Linked_Size="many"), HEAD), ""),
    "size-is-wrong": (_at("weights", _headers(X_Linked_Size="7"), HEAD), ""),
    # bodies
    "cut-weights": (_at("weights", _cut), "error: "),
    "cut-once": (_at("weights", _once(_cut)), "good"),
    "cut-settings": (_at("config", _cut), "error: "),
    "dropped": (_at("config", lambda _: b""), "error: "),
    "dropped-at-the-list": (_at("list tree", lambda _: b""), "error: "),
    "no-http": (_at("config", lambda _: b"SSH-2.0-OpenSSH_9.6\r\n"), "error: "),
    "no-json": (_at("list tree", _junk(b"<html>login</html>")), "error: "),
    "deep-json": (_at("list tree", _junk(b"[" * 100_000)), "error: "),
    "other-json": (_at("list tree", _junk(b'{"siblings": 7}')), "error: "),
    "names-that-lead-out": (
        _at(
            "list tree", _junk(b'{"id": "a/b", "siblings": [{"rfilename": "../../../owned.json"}]}')
        ),
        "error: ",
    ),
    "settings-of-another": (_at("config", lambda r: right(r, b"[]")), "error: "),
    "slow-settings": (_at("config", lambda r: _drip(right(r)), GET), "error: "),
    "slow-list": (_at("list tree", lambda r: _drip(right(r))), "error: "),
    "silent": (_at("config", lambda _: [60.0]), "error: "),
    "silent-weights": (_at("weights", lambda r: [right(r)[:999], 60.0], GET), "error: "),
    "endless-settings": (_at("config", _endless, GET), "error: "),
    "endless-list": (_at("list tree", lambda _: _endless(None)), "error: "),
    "endless-header": (
        _at("config", lambda _: [b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 65536] * 9999]),
        "error: ",
    ),
    "dripping-head": (_at("config", lambda r: _drip(right(r), at=0), HEAD), "no whole headers"),
    "dripping-status": (_at("weights", lambda r: _drip(right(r), at=0), GET), "no whole headers"),
    "dripping-headers": (_at("weights", lambda _: _slow_headers(), GET), "no whole headers"),
    "dripping-list-headers": (_at("list tree", lambda _: _slow_headers()), "no whole headers"),
    "continue-for-ever": (_at("list tree", lambda _: _continue()), "no whole headers"),
    "dripping-elsewhere": (_at("weights", _moved("{elsewhere}/slow")), "no whole headers"),
    "unsized": (_at("config weights other", lambda r: _unsized(right(r))), "good"),
    "unsized-settings-without-end": (_at("other", _endless_unsized, GET), "no length given"),
    "unsized-weights-without-end": (_at("weights", _endless_unsized, GET), "no length given"),
    "chunks-without-end": (_at("weights", _endless_chunks, GET), "no length given"),
    "larger-than-any-disk": (_at("weights", _larger_than_any_disk, GET), "make room"),
    "packed-list": (_at("list tree", lambda r: _packed(right(r))), "is packed"),
    "packed-settings": (_at("config", lambda r: _packed(right(r)), GET), "is packed"),
    # refusals
    "unauthorised": (_at("config", _refused("401 x")), "error: "),
    "forbidden": (_at("config", _refused("403 x")), "error: "),
    "gated": (_at("config", _refused("403 x", X_Error_Code="GatedRepo")), "is gated"),
    "private": (_at("config", _refused("401 x", X_Error_Code="RepoNotFound")), "no repository"),
    "missing": (_at("config", _refused("404 x", X_Error_Code="RepoNotFound")), "no repository"),
    "no-revision": (_at("config", _refused("404 x", X_Error_Code="RevisionNotFound")), "revision"),
    "revision-moved": (
        _at("list tree weights other", _refused("404 x", X_Error_Code="RevisionNotFound")),
        "error: ",
    ),
    "not-found-at-all": (_at("config weights list tree other", _refused("404 x")), "error: "),
    "limited": (_at("config", _refused("429 x", Retry_After="1")), "error: "),
    "limited-for-ever": (_at("config", _refused("429 x", Retry_After="9" * 12)), "asks to wait"),
    "limited-by-rate": (
        _at("config", _refused("429 x", RateLimit='"api";r=0;t=99999999')),
        "asks to wait",
    ),
    "limited-in-words": (_at("config", _refused("429 x", Retry_After="soon")), "error: "),
    "limited-once": (_at("config", _once(_refused("429 x", Retry_After="1"))), "good"),
    "limited-at-the-list": (_at("list tree", _refused("429 x", Retry_After="1")), "error: "),
    "broken": (_at("config", _refused("500 x")), "error: "),
    "broken-once": (_at("weights", _once(_refused("503 x"))), "error: "),
    "teapot": (_at("config", _refused("418 x")), "error: "),
    "strange-status": (_at("config", _refused("999 x")), "error: "),
}
BEHAVIOURS = {name: Behaviour(answer, words) for name, (answer, words) in _WAYS.items()}


@dataclass
class HostileHub:
    """The running servers: their addresses, and what they were sent."""

    hub: str
    elsewhere: str
    tokens_elsewhere: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)

    def answered(self, connection: socket.socket, *, is_elsewhere: bool) -> None:
        """Answer one connection's one request."""
        connection.settimeout(120)
        with connection, suppress(OSError, ValueError, IndexError):
            head = b""
            while b"\r\n\r\n" not in head:
                more = connection.recv(65536)
                if not more:
                    return
                head += more
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            if is_elsewhere and (any(TOKEN in line for line in lines)):
                self.tokens_elsewhere.append(target)
            self.requests.append(f"{method} {target}")
            for piece in self._pieces(method, target, is_elsewhere=is_elsewhere):
                if isinstance(piece, float):
                    time.sleep(piece)
                else:
                    connection.sendall(piece)

    def _pieces(self, method: str, target: str, *, is_elsewhere: bool) -> Iterator[bytes | float]:
        path = unquote(urlsplit(target).path).strip("/")
        parts = path.split("/")
        self.attempts[method, target] = self.attempts.get((method, target), 0) + 1
        api = parts[:2] == ["api", "models"]
        repository = parts[3] if api else parts[1] if len(parts) > 1 else ""
        kind = "tree" if "tree" in parts[4:5] else "list" if api else _kind(parts[-1])
        request = Request(
            method=method,
            kind=kind,
            file=parts[-1],
            hub=self.hub,
            elsewhere=self.elsewhere,
            is_elsewhere=is_elsewhere,
            attempt=self.attempts[method, target],
        )
        if is_elsewhere:
            reply = _of_elsewhere(request, parts)
        else:
            behaviour = BEHAVIOURS.get(repository)
            reply = None if behaviour is None else behaviour.answer(request)
        reply = right(request) if reply is None else reply
        yield from [reply] if isinstance(reply, bytes) else reply


def _of_elsewhere(request: Request, parts: list[str]) -> Pieces | None:
    """Answer as the second host does."""
    if parts[0] == "back":
        return _moved("{hub}/hostile/loop-over-hosts/resolve/main/{file}")(request)
    if parts[0] == "slow":
        return _slow_headers()
    return _refused("401 x")(request) if parts[0] == "refused" else None


def _kind(file: str) -> str:
    return {"config.json": CONFIG, WEIGHTS: "weights"}.get(file, "other")


@contextmanager
def hostile_hub() -> Iterator[HostileHub]:
    """Serve until the block ends."""
    servers = [socket.create_server((host, 0)) for host in ("127.0.0.1", "127.0.0.2")]
    hub, elsewhere = (f"http://{s.getsockname()[0]}:{s.getsockname()[1]}" for s in servers)
    state = HostileHub(hub, elsewhere)
    for server, is_elsewhere in zip(servers, (False, True), strict=True):
        Thread(target=_serve, args=(server, state, is_elsewhere), daemon=True).start()
    try:
        yield state
    finally:
        for server in servers:
            server.close()


def _serve(server: socket.socket, state: HostileHub, is_elsewhere: bool) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            call = {"is_elsewhere": is_elsewhere}
            Thread(target=state.answered, args=(connection,), kwargs=call, daemon=True).start()


def use(name: str) -> int:
    """Resolve and load a model of the Hub as commands do; print what came of it in one line."""
    from huggingface_hub import file_download

    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve
    from evalsuite.tasks import hub_answers

    hub_answers._PATIENCE, file_download._ETAG_RETRY_TIMEOUT = float(PATIENCE), int(PATIENCE)
    hub_answers._LARGEST_UNSIZED = 8 * 2**20
    try:
        load_model(resolve(name), device="cpu")
    except EvalsuiteError as error:
        print(f"error: {error}")
        return error.exit_code
    print("good")
    return 0
