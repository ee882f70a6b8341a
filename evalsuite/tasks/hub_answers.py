"""Answers of the Hub, held to what the Hub may say: no name a path, nothing without an end.

The Hub's client takes its server at its word: headers become names of files, a list of files is
read whole whatever its length, and whoever sends a byte now and then is waited for. Another server
may stand behind ``HF_ENDPOINT`` or a proxy. What an answer is for is not known here.
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import TYPE_CHECKING

from httpx2 import SyncByteStream

from evalsuite.errors import Clause, RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Client, Headers, Response

__all__ = ["BoundedStream", "check_headers", "watch_answers"]

_NAMES = ("ETag", "X-Linked-ETag", "X-Repo-Commit")
"""Headers of which the client makes names of files and folders."""
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
"""What pins a model: under a word, other weights would be taken for the same ones."""
_PATH = re.compile(r"(?:^|[/\\])\.\.(?:$|[/\\])|^[/\\]|\0|^[A-Za-z]:")
_LONGEST_NAME = 200
_LARGEST_LIST = 64 * 2**20
"""Bytes of what is no file: lists of files and descriptions of repositories."""
_PATIENCE = 60.0
"""Seconds for such an answer, and after which a file must have come fast enough."""
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
        client.event_hooks = hooks | {"response": [*hooks["response"], _watch]}
        return client

    set_client_factory(watching)


def _watch(response: Response) -> None:
    check_headers(response.headers)
    refuse_long_wait(response.headers)
    is_file = "/resolve/" in response.url.path or "X-Repo-Commit" in response.headers
    # a redirected file comes from any address, but never from the one of lists
    is_list = not is_file and response.url.path.startswith("/api/")
    if isinstance(response.stream, SyncByteStream):
        response.stream = BoundedStream(response.stream, is_list=is_list)


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


class BoundedStream(SyncByteStream):
    """The body of an answer, ended where it is too large or too slow."""

    def __init__(self, stream: SyncByteStream, *, is_list: bool) -> None:
        self._stream = stream
        self._is_list = is_list

    def __iter__(self) -> Iterator[bytes]:
        """Give its pieces; raises RunFailedError."""
        start, n = time.monotonic(), 0
        for piece in self._stream:
            n += len(piece)
            seconds = time.monotonic() - start
            if self._is_list and n > _LARGEST_LIST:
                raise _unlike_the_hub(
                    Clause("is over {largest_list:,} bytes", largest_list=_LARGEST_LIST)
                )
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
