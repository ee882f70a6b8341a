"""Answers of the Hub, held to what the Hub may say: no name a path, nothing without an end.

The Hub's client takes its server at its word: headers become names of files, a list of files is
read whole whatever its length, a file without a length is written until it ends, and whoever sends
a byte now and then is waited for. Another server may stand behind ``HF_ENDPOINT`` or a proxy. What
an answer is for is not known here.
"""

from __future__ import annotations

import re
import shutil
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from httpx2 import SyncByteStream

from evalsuite.errors import Clause, RunFailedError
from evalsuite.tasks.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Client, Headers, Request, Response

__all__ = [
    "BoundedStream",
    "check_headers",
    "refuse_larger_than_disk",
    "refuse_long_wait",
    "refuse_packed",
    "watch_answers",
]

_NAMES = ("ETag", "X-Linked-ETag", "X-Repo-Commit")
"""Headers of which the client makes names of files and folders."""
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
"""What pins a model: under a word, other weights would be taken for the same ones."""
_PATH = re.compile(r"(?:^|[/\\])\.\.(?:$|[/\\])|^[/\\]|\0|^[A-Za-z]:")
_LONGEST_NAME = 200
_LARGEST_UNSIZED = 64 * 2**20
"""Bytes of what is no file, such as a list of files, and of a file that comes without its length:
stores send that of every large one."""
_PATIENCE = 60.0
"""Seconds for the headers of any answer and for the whole of one that is no file, and after which a
file must have come fast enough."""
_SLOWEST = 1000.0
"""Bytes a second of a file."""
_LONGEST_WAIT = 600
"""Seconds; the Hub counts requests over five minutes, and its client would wait for any time."""


@cache
def watch_answers() -> None:
    """Watch every answer that the Hub's client gets from now on."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def watching() -> Client:
        client = default_client_factory()
        client.timeout = _PATIENCE  # for each read, where the client itself would wait for ever
        hooks = client.event_hooks
        client.event_hooks = {
            "request": [*hooks["request"], _begin],
            "response": [*hooks["response"], _watch],
        }
        return client

    set_client_factory(watching)


def _begin(request: Request) -> None:
    """Give a request a deadline for its headers, on a connection of its own.

    Plain bytes are asked for: what is packed could be of any size when unpacked.
    """
    request.headers["Connection"] = "close"
    request.headers["Accept-Encoding"] = "identity"
    request.extensions = request.extensions | {"trace": _HeaderDeadline(_PATIENCE).watch}


class _HeaderDeadline:
    """Ends a request whose headers do not come; a proxy's answer comes before the Hub's own."""

    def __init__(self, seconds: float) -> None:
        self._deadline = Deadline(seconds)
        self._seconds = seconds

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Follow the client's steps; raises RunFailedError at the one the deadline has ended."""
        self._deadline.watch(event, info)
        if event.endswith(".failed"):
            self._deadline.stop()
            if self._deadline.is_over:
                raise _unlike_the_hub(
                    Clause(
                        "brought no whole headers in {seconds:.0f} seconds", seconds=self._seconds
                    )
                )
        elif event.endswith(".receive_response_headers.complete"):
            self._deadline.stop()
        elif event.endswith((".connect_tcp.started", ".send_request_headers.started")):
            self._deadline.start()


def _watch(response: Response) -> None:
    check_headers(response.headers)
    refuse_long_wait(response.headers)
    refuse_packed(response.headers)
    is_file = "/resolve/" in response.url.path or "X-Repo-Commit" in response.headers
    # a redirected file comes from any address, but never from the one of lists
    is_list = not is_file and response.url.path.startswith("/api/")
    length = _length_of(response.headers)
    if not is_list and length is not None and response.request.method == "GET":
        refuse_larger_than_disk(length)
    if isinstance(response.stream, SyncByteStream):
        is_sized = not is_list and length is not None
        response.stream = BoundedStream(response.stream, is_list=is_list, is_sized=is_sized)


def _length_of(headers: Headers) -> int | None:
    """Read the length that the connection is held to; None for a body that ends when it ends."""
    written = headers.get("Content-Length", "")
    is_length = written.isascii() and written.isdecimal()
    return int(written) if is_length and "Transfer-Encoding" not in headers else None


def check_headers(headers: Headers) -> None:
    """Refuse an answer that would have a file written outside the cache; raises RunFailedError."""
    for name in _NAMES:
        value = headers.get(name, "").removeprefix("W/").strip('"')
        is_commit = name != "X-Repo-Commit" or name not in headers or _COMMIT.fullmatch(value)
        if not is_commit or _PATH.search(value) or len(value) > _LONGEST_NAME:
            shown = "".join(c if c.isprintable() else "?" for c in value)[:60]
            raise RunFailedError(
                "the Hub's {name} is {shown!r}, which is no name of a file or commit, so this is "
                "another server; check HF_ENDPOINT and the proxy",
                name=name,
                shown=shown,
            )


def refuse_long_wait(headers: Headers) -> None:
    """Refuse to wait as long as the Hub asks, which may be years; raises RunFailedError."""
    asked = f"{headers.get('Retry-After', '')} {headers.get('RateLimit', '').partition('t=')[2]}"
    seconds = max(map(int, re.findall(r"[0-9]{1,18}", asked)), default=0)
    if seconds > _LONGEST_WAIT:
        raise RunFailedError(
            "the Hub asks to wait {seconds:,} seconds; try again later, log in with `hf auth "
            "login` or set HF_TOKEN for more requests, or give a local folder with path:FOLDER",
            seconds=seconds,
        )


def refuse_packed(headers: Headers) -> None:
    """Refuse what is packed although it was asked for plainly; raises RunFailedError."""
    packing = headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("", "identity"):
        raise _unlike_the_hub(Clause("is packed although it was asked for as it is"))


def refuse_larger_than_disk(length: int) -> None:
    """Refuse a file that the Hub's cache has no room for; raises RunFailedError."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).absolute()
    place = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    if length > free:
        raise RunFailedError(
            "a file of the Hub has {length:,} bytes and {place} has {free:,} left; make room, or "
            "set HF_HOME to a folder on a larger disk",
            length=length,
            place=place,
            free=free,
        )


class BoundedStream(SyncByteStream):
    """The body of an answer, ended where it is too large or too slow.

    ``is_list`` is for what is no file; ``is_sized`` tells whether the connection ends a file at its
    length.
    """

    def __init__(self, stream: SyncByteStream, *, is_list: bool, is_sized: bool) -> None:
        self._stream = stream
        self._is_list = is_list
        self._too_large = Clause(
            "is over {largest:,} bytes"
            if is_list
            else "is over {largest:,} bytes, with no length given",
            largest=_LARGEST_UNSIZED,
        )
        self._is_sized = is_sized

    def __iter__(self) -> Iterator[bytes]:
        """Give its pieces; raises RunFailedError."""
        start, n = time.monotonic(), 0
        for piece in self._stream:
            n += len(piece)
            seconds = time.monotonic() - start
            if not self._is_sized and n > _LARGEST_UNSIZED:
                raise _unlike_the_hub(self._too_large)
            if seconds > _PATIENCE and (self._is_list or n < _SLOWEST * seconds):
                raise _unlike_the_hub(
                    Clause("brought {n:,} bytes in {seconds:.0f} seconds", n=n, seconds=seconds)
                )
            yield piece

    def close(self) -> None:
        """Let the connection go."""
        self._stream.close()


def _unlike_the_hub(fault: Clause) -> RunFailedError:
    return RunFailedError(
        "the Hub's answer {fault}, so this is no Hub or no network to work with; check "
        "HF_ENDPOINT and the network, or give a local folder with path:FOLDER",
        fault=fault,
    )
