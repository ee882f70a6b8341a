"""The limits of one request: size, time, no redirect, and a key that goes nowhere else."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.models.http import RequestFailedError, fetch, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = Callable[[BaseHTTPRequestHandler], None]
    Headers = dict[str, str]


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve every GET with one answer; give the URL and the headers of the requests."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            with suppress(ConnectionError):
                answer(self)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()


def replying(
    content: bytes, *, status: int = 200, pause: float = 0, headers: Headers | None = None
) -> Answer:
    """Answer with a body, where there is a pause a byte at a time."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        for i in range(0, len(content), 1 if pause else len(content)):
            time.sleep(pause)
            handler.wfile.write(content[i : i + 1] if pause else content)

    return answer


def refusal(
    answer: Answer, *, largest: int = 100, timeout: float = 5, key: str | None = None
) -> Any:
    with serving(answer) as (url, _), pytest.raises(RequestFailedError) as caught:
        fetch(url, key=key, largest=largest, timeout=timeout)
    return caught.value


def test_a_reply_of_the_largest_size_is_read_and_a_byte_more_is_not() -> None:
    content = b'{"a": "' + b"x" * 91 + b'"}'
    with serving(replying(content)) as (url, _):
        assert fetch(url, largest=100, timeout=5) == {"a": "x" * 91}

    error = refusal(replying(content), largest=99)
    assert error.reason == "the reply is over 99 bytes"
    assert not error.is_temporary


def test_a_server_that_drips_is_left_at_the_deadline() -> None:
    started = time.monotonic()

    error = refusal(replying(b"{}" + b" " * 40, pause=0.05), timeout=0.3)

    assert time.monotonic() - started < 1
    assert error.is_temporary
    assert error.reason == "the reply took too long"


def test_a_reply_that_breaks_off_is_temporary() -> None:
    assert refusal(replying(b'{"a": 1}', headers={"Content-Length": "20"})).is_temporary


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else() -> None:
    with serving(replying(b"{}")) as (other, seen):
        error = refusal(replying(b"", status=302, headers={"Location": other}), key="secret")

    assert error.status == 302
    assert seen == []


def test_the_key_goes_into_one_header_and_out_of_every_message() -> None:
    with serving(replying(b"{}")) as (url, seen):
        fetch(url, key="secret", largest=100, timeout=5)
    assert [name for name, value in seen[0].items() if "secret" in value] == ["Authorization"]

    error = refusal(replying(b'{"error": "no secret here"}', status=401), key="secret")
    assert error.reason == "HTTP 401: no *** here"


def test_a_wait_that_a_server_asks_for_is_told() -> None:
    error = refusal(replying(b"", status=429, headers={"Retry-After": "7"}))

    assert (error.status, error.is_temporary, error.retry_after) == (429, True, 7.0)


def test_a_key_that_no_header_may_hold_is_not_repeated() -> None:
    error = refusal(replying(b"{}"), key="sec\nret")

    assert error.reason == "the key holds a character that no header may hold"


def test_a_proxy_of_the_environment_is_used_except_for_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with (
        serving(replying(b'{"from": "proxy"}')) as (proxy, _),
        serving(replying(b"{}")) as (url, _),
    ):
        monkeypatch.setenv("http_proxy", proxy.removesuffix("/v1"))
        assert fetch(url, largest=100, timeout=5) == {"from": "proxy"}
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert fetch(url, largest=100, timeout=5) == {}


def test_a_socks_proxy_for_others_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")

    with serving(replying(b"{}")) as (url, _):
        assert fetch(url, largest=100, timeout=5) == {}


@pytest.mark.parametrize("part", ["status", "header", "chunk size", "refusal", "continue"])
def test_a_server_that_drips_anywhere_is_left_at_the_deadline(part: str) -> None:
    drops = {
        "status": b"HTTP/1.1 200 OK" + b" " * 99,
        "header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99,
        "chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 99,
        "refusal": b"HTTP/1.1 503 No\r\nContent-Length: 999\r\n\r\n" + b"x" * 99,
        "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
    }[part]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        for i in range(len(drops)):
            handler.wfile.write(drops[i : i + 1])
            time.sleep(0.0 if i < len(drops) - 60 else 0.1)

    started = time.monotonic()
    error = refusal(answer, timeout=0.4)

    assert time.monotonic() - started < 1.5
    assert error.is_temporary


def test_a_key_is_covered_sign_by_sign_and_a_word_is_not() -> None:
    reply = {"a sk-secret": ["x sk-secret", 1, {"b": "sk-secret"}]}

    assert masked(reply, "sk-secret") == {"a *********": ["x *********", 1, {"b": "*********"}]}
    assert masked("EMPTY hands", "EMPTY") == "EMPTY hands"
