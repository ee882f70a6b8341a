"""JSON over HTTP from a server: bounded in time and size, without redirects.

What comes back is not to be trusted: it may be huge, slow, no JSON, or hold control characters.
A key is sent in one header and never written anywhere; where a server's message repeats it, it is
cut out, and `masked` covers it in a reply, which whoever reads one calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from concurrent.futures import Future
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from evalsuite.errors import Clause, TranslatableError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from httpx2 import AsyncHTTPTransport, Response

__all__ = ["Connections", "RequestFailedError", "fetch", "masked", "read_proxy"]

T = TypeVar("T")

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


def fetch(url: str, *, key: str | None = None, largest: int, timeout: float) -> dict[str, Any]:
    """Ask once for a JSON object with GET, as `Connections` ask.

    Raises
    ------
    RequestFailedError
        For anything else.
    """

    async def ask() -> dict[str, Any]:
        async with Connections(key) as connections:
            return await connections.ask(url, largest=largest, seconds=timeout)

    # In a thread: in a notebook a loop runs in this one. A daemon, so that Ctrl-C does not wait.
    outcome: Future[dict[str, Any]] = Future()
    Thread(target=_settle, args=(outcome, ask), daemon=True).start()
    return outcome.result()


def _settle(outcome: Future[T], ask: Callable[[], Coroutine[Any, Any, T]]) -> None:
    try:
        outcome.set_result(asyncio.run(ask()))
    except BaseException as error:  # noqa: BLE001  raised again where it is waited for
        outcome.set_exception(error)


class Connections:
    """The connections of one task, which asks once at a time; kept from request to request.

    Proxies come from the environment, or from what many tasks share. The key goes into
    ``Authorization: Bearer``.
    """

    def __init__(
        self, key: str | None = None, *, proxy_of: Callable[[str], str | None] | None = None
    ) -> None:
        self._key = key
        self._proxy_of = proxy_of or read_proxy
        self._headers = _headers(key)
        self._transports: dict[str, AsyncHTTPTransport] = {}
        """By URL: each may have a proxy of its own."""

    async def __aenter__(self) -> Self:
        """Open none: each is opened when it is needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        for transport in self._transports.values():
            await transport.aclose()

    async def ask(
        self, url: str, *, body: Any = None, largest: int, seconds: float
    ) -> dict[str, Any]:
        """Ask once for a JSON object.

        A body is sent as JSON with POST; None sends GET. At most ``largest`` bytes of a reply are
        read, and ``seconds`` are for the whole of it.

        Raises
        ------
        RequestFailedError
            For anything else.
        """
        from httpx2 import HTTPError, Request

        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        request = Request(method, url, headers=self._headers, content=sent)
        content, reply = bytearray(), None
        try:
            # One deadline for all of it: a server that drips must not hold a worker for ever.
            async with asyncio.timeout(seconds):
                reply = await self._transport(url).handle_async_request(request)
                await _read(reply, content, largest if reply.is_success else _LONGEST_REFUSAL)
        except TimeoutError as error:
            if reply is None or reply.is_success:
                raise RequestFailedError("the reply took too long", is_temporary=True) from error
        except (OSError, HTTPError) as error:
            if reply is None or reply.is_success:
                message = _excerpt(_fault(error), self._key) or type(error).__name__
                raise RequestFailedError(
                    "no connection ({message})", message=message, is_temporary=True
                ) from error
            content.clear()  # a refusal stands, whatever becomes of its words
        if not reply.is_success:
            raise _refused(reply, content, self._key)
        if len(content) > largest:
            raise RequestFailedError("the reply is over {largest:,} bytes", largest=largest)
        return _parsed(content)

    def _transport(self, url: str) -> AsyncHTTPTransport:
        """Open a transport without a client around it.

        It follows no redirect, which would carry the key along, keeps no cookie and reads nothing
        of the environment: a client takes more than the proxies that urllib knows, and a SOCKS
        proxy there stops it before it asks.
        """
        from httpx2 import AsyncHTTPTransport

        if url not in self._transports:
            self._transports[url] = AsyncHTTPTransport(
                verify=_certificates(), trust_env=False, proxy=self._proxy_of(url)
            )
        return self._transports[url]


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


def read_proxy(url: str) -> str | None:
    """Read the proxy of a URL from the environment; ``no_proxy`` is honoured."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _read(reply: Response, content: bytearray, largest: int) -> None:
    """Read piece by piece into ``content``, and no further than a piece beyond ``largest``."""
    try:
        async for piece in reply.aiter_raw():
            content += piece
            if len(content) > largest:
                return
    finally:
        await reply.aclose()


def _fault(error: BaseException) -> str:
    """Say what the system said: the libraries in between put it into general words of their own."""
    innermost = error
    while inner := innermost.__cause__ or innermost.__context__:
        innermost = inner
    if isinstance(innermost, OSError) and (number := innermost.errno or 0) > 0:
        return str(OSError(number, os.strerror(number)))
    return str(error)


def _parsed(content: bytes | bytearray) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise RequestFailedError("the reply is no JSON") from None
    if not isinstance(value, dict):
        raise RequestFailedError("the reply is no JSON object")
    return value


def _refused(reply: Response, content: bytearray, key: str | None) -> RequestFailedError:
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
