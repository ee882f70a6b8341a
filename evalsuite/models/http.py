"""JSON over HTTP from a server: bounded in time and size, without redirects.

What comes back is not to be trusted: it may be huge, slow, no JSON, or hold control characters.
A key is sent in one header and never written anywhere; where a server's message repeats it, it is
cut out, and `masked` covers it in a reply, which whoever reads one calls.
"""

from __future__ import annotations

import json
import ssl
import time
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evalsuite.errors import Clause, TranslatableError
from evalsuite.tasks.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Client, Response

__all__ = ["RequestFailedError", "fetch", "masked"]

_TEMPORARY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may succeed; 529 is how some servers say overloaded."""
_LONGEST_REFUSAL = 1 << 16
"""Bytes of a refusal that are read."""
_LONGEST_EXCERPT = 200
_SHORTEST_KEY = 8
"""Characters; what is shorter, such as ``EMPTY`` for a server without keys, is no secret but a word
that answers may hold."""


class RequestFailedError(TranslatableError):
    """One request brought no usable JSON.

    ``reason`` is fit for a person and a terminal. ``status`` is the HTTP status, where the server
    gave one. ``is_temporary`` tells whether the same request may succeed later, and
    ``retry_after`` the seconds the server asks to wait.
    """

    def __init__(
        self,
        reason: str,
        /,
        *,
        status: int | None = None,
        is_temporary: bool = False,
        retry_after: float | None = None,
        **values: object,
    ) -> None:
        super().__init__(reason, **values)
        self.reason = self.clause
        self.status = status
        self.is_temporary = is_temporary
        self.retry_after = retry_after


def fetch(
    url: str, *, body: Any = None, key: str | None = None, largest: int, timeout: float
) -> dict[str, Any]:
    """Ask once for a JSON object; proxies come from the environment.

    A body is sent as JSON with POST; None sends GET. The key goes into ``Authorization: Bearer``.
    At most ``largest`` bytes of a reply are read, and ``timeout`` seconds are for the whole of it.

    Raises
    ------
    RequestFailedError
        For anything else.
    """
    from httpx2 import HTTPError

    method, sent = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
    headers = _headers(key)
    with _deadline(timeout) as guard:
        try:
            with (
                _client(url, timeout) as client,
                client.stream(
                    method, url, headers=headers, content=sent, extensions={"trace": guard.watch}
                ) as reply,
            ):
                deadline = time.monotonic() + timeout
                if not reply.is_success:
                    raise _refused(reply, key, deadline)
                content = _read(reply, largest, deadline)
                if guard.is_over:  # a body without a length ends where its connection is shut
                    raise RequestFailedError("the reply took too long", is_temporary=True)
                return _parsed(content)
        except (OSError, HTTPError) as error:
            if guard.is_over:
                raise RequestFailedError("the reply took too long", is_temporary=True) from error
            message = _excerpt(str(error), key) or type(error).__name__
            raise RequestFailedError(
                "no connection ({message})", message=message, is_temporary=True
            ) from error


def masked(value: Any, key: str | None) -> Any:
    """Cover a key in every text of what a server sent, names of fields included.

    Sign by sign, so that token ends stay right.
    """
    if not key or len(key) < _SHORTEST_KEY:
        return value
    if isinstance(value, str):
        return value.replace(key, "*" * len(key))
    if isinstance(value, list):
        return [masked(item, key) for item in value]
    if isinstance(value, dict):
        return {masked(name, key): masked(item, key) for name, item in value.items()}
    return value


def _headers(key: str | None) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # the size limit is about what is read, nothing is unpacked
        "Content-Type": "application/json",
    }
    if key:
        if not (key.isascii() and key.isprintable()):
            raise RequestFailedError("the key holds a character that no header may hold")
        headers["Authorization"] = f"Bearer {key}"
    return headers


@contextmanager
def _deadline(seconds: float) -> Iterator[Deadline]:
    deadline = Deadline(seconds)
    deadline.start()
    try:
        yield deadline
    finally:
        deadline.stop()


def _client(url: str, timeout: float) -> Client:
    """Open a client for one request: it follows no redirect, which would carry the key along.

    What it would read of the environment is switched off; it takes more than the proxies that
    urllib knows, and a SOCKS proxy there stops it before it asks.
    """
    from httpx2 import Client

    return Client(trust_env=False, proxy=_proxy(url), verify=_certificates(), timeout=timeout)


def _proxy(url: str) -> str | None:
    """Read the proxy from the environment; ``no_proxy`` is honoured."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(reply: Response, largest: int, deadline: float) -> bytes:
    """Read piece by piece: a server that drips must not hold a worker for ever."""
    content = bytearray()
    for piece in reply.iter_raw():
        content += piece
        if len(content) > largest:
            raise RequestFailedError("the reply is over {largest:,} bytes", largest=largest)
        if time.monotonic() > deadline:
            raise RequestFailedError("the reply took too long", is_temporary=True)
    return bytes(content)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise RequestFailedError("the reply is no JSON") from None
    if not isinstance(value, dict):
        raise RequestFailedError("the reply is no JSON object")
    return value


def _refused(reply: Response, key: str | None, deadline: float) -> RequestFailedError:
    from httpx2 import HTTPError

    content = bytearray()
    try:
        for piece in reply.iter_raw():
            content += piece
            if len(content) >= _LONGEST_REFUSAL or time.monotonic() > deadline:
                break
    except (OSError, HTTPError):
        content.clear()
    message = _excerpt(content[:_LONGEST_REFUSAL].decode("utf-8", "replace"), key)
    refusal = Clause("HTTP {code}", code=reply.status_code)
    if message:
        refusal = Clause("{refusal}: {message}", refusal=refusal, message=message)
    return RequestFailedError(
        refusal,
        status=reply.status_code,
        is_temporary=reply.status_code in _TEMPORARY,
        retry_after=_retry_after(reply.headers.get("Retry-After", "")),
    )


def _retry_after(written: str) -> float | None:
    """Read seconds or a date; anything else counts as not given."""
    written = written.strip()
    if written.isascii() and written.isdecimal():
        return float(written[:9])
    try:
        return max(0.0, parsedate_to_datetime(written).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _excerpt(text: str, key: str | None) -> str:
    """Cut out what a person needs: the message of a JSON error, in one printable line."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    for name in ("error", "message"):
        if isinstance(value, dict) and name in value:
            value = value[name]
    message = value if isinstance(value, str) else text
    # Before it is shortened: of a key that is cut in two, the first half would stay.
    if key:
        message = message.replace(key, "***")
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    return line if len(line) <= _LONGEST_EXCERPT else f"{line[:_LONGEST_EXCERPT]}…"
