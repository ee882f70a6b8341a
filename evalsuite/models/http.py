"""Ask a server for JSON over HTTP: bounded in time and size, without redirects.

What comes back is not to be trusted: it may be huge, slow, no JSON, or hold control characters.
A key is sent in one header and never written anywhere; where a server repeats it, it is cut out.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import Message

__all__ = ["RequestFailedError", "fetch"]

_TEMPORARY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_CHUNK = 1 << 16
_LONGEST_EXCERPT = 200


class RequestFailedError(Exception):
    """One request brought no usable JSON.

    Parameters
    ----------
    reason
        What happened, fit for a person and a terminal.
    status
        HTTP status, where the server gave one.
    is_temporary
        Whether the same request may succeed later.
    retry_after
        Seconds the server asks to wait.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        is_temporary: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.is_temporary = is_temporary
        self.retry_after = retry_after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def fetch(
    url: str, *, body: Any = None, key: str | None = None, largest: int, timeout: float
) -> dict[str, Any]:
    """Ask once.

    Parameters
    ----------
    url
        ``http`` or ``https``; proxies come from the environment.
    body
        Sent as JSON with POST; None sends GET.
    key
        For ``Authorization: Bearer``.
    largest
        Bytes of a reply that are still read.
    timeout
        Seconds for the whole reply.

    Returns
    -------
    dict
        The JSON object.

    Raises
    ------
    RequestFailedError
        For anything else.
    """
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    sent = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=sent, headers=headers)  # noqa: S310  the scheme was checked with the name
    try:
        with _OPENER.open(asked, timeout=timeout) as reply:
            content = _read(reply, largest, time.monotonic() + timeout)
    except urllib.error.HTTPError as error:
        raise _refused(error, key) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        said = _excerpt(str(reason), key) or type(error).__name__
        raise RequestFailedError(f"no connection ({said})", is_temporary=True) from error
    return _parsed(content)


def _read(reply: http.client.HTTPResponse, largest: int, deadline: float) -> bytes:
    """Read piece by piece: a server that drips must not hold a worker for ever."""
    content = bytearray()
    while piece := reply.read1(_CHUNK):
        content += piece
        if len(content) > largest:
            raise RequestFailedError(f"the reply is over {largest:,} bytes")
        if time.monotonic() > deadline:
            raise RequestFailedError("the reply took too long", is_temporary=True)
    if reply.length:
        raise http.client.IncompleteRead(bytes(content), reply.length)
    return bytes(content)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise RequestFailedError("the reply is no JSON") from None
    if not isinstance(value, dict):
        raise RequestFailedError("the reply is no JSON object")
    return value


def _refused(error: urllib.error.HTTPError, key: str | None) -> RequestFailedError:
    try:
        said = _excerpt(error.read(_CHUNK).decode("utf-8", "replace"), key)
    except (OSError, http.client.HTTPException):
        said = ""
    return RequestFailedError(
        f"HTTP {error.code}" + (f": {said}" if said else ""),
        status=error.code,
        is_temporary=error.code in _TEMPORARY,
        retry_after=_retry_after(error.headers),
    )


def _retry_after(headers: Message) -> float | None:
    """Read seconds or a date; anything else counts as not given."""
    written = headers.get("Retry-After", "").strip()
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
    said = value if isinstance(value, str) else text
    if key:
        said = said.replace(key, "***")
    line = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return line if len(line) <= _LONGEST_EXCERPT else f"{line[:_LONGEST_EXCERPT]}…"
