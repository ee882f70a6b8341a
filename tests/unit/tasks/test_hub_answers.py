"""What the Hub may answer: the hostile ones over real connections stand in tests/faults."""

from __future__ import annotations

import shutil
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import RunFailedError
from evalsuite.tasks import hub_answers

httpx2 = pytest.importorskip("httpx2")

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    "value",
    [
        '"0123456789abcdef0123456789abcdef01234567"',
        'W/"6f4-Zm9v/YmFy+Lg=="',
        '"d41d8cd98f00b204e9800998ecf8427e-38"',
        "",
    ],
)
def test_the_hashes_that_hubs_and_their_stores_send_are_let_through(value: str) -> None:
    hub_answers.check_headers(httpx2.Headers({"ETag": value, "X-Repo-Commit": "c0ffee" + "0" * 34}))


@pytest.mark.parametrize("commit", ["main", "", "C0FFEE", "c0ffee"])
def test_a_word_pins_no_model(commit: str) -> None:
    with pytest.raises(RunFailedError, match="the Hub's X-Repo-Commit is"):
        hub_answers.check_headers(httpx2.Headers({"X-Repo-Commit": commit}))


@pytest.mark.parametrize("name", ["ETag", "X-Linked-ETag", "X-Repo-Commit"])
@pytest.mark.parametrize(
    "value", ["../../x", '"a/../../x"', "/etc/x", "..", 'W/"..\\x"', "c:x", "e" * 999]
)
def test_a_name_that_leads_out_of_the_cache_is_refused(name: str, value: str) -> None:
    with pytest.raises(RunFailedError, match=f"the Hub's {name} is '.*; check HF_ENDPOINT"):
        hub_answers.check_headers(httpx2.Headers({name: value}))


class Pieces(httpx2.SyncByteStream):  # type: ignore[misc, name-defined]
    """A body of so many pieces."""

    def __init__(self, count: int, piece: bytes = b"x" * 1000) -> None:
        self.count, self.piece, self.is_closed = count, piece, False

    def __iter__(self) -> Iterator[bytes]:
        yield from [self.piece] * self.count

    def close(self) -> None:
        self.is_closed = True


def test_what_has_no_length_is_refused_at_a_size_that_a_file_with_one_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_answers, "_LARGEST_UNSIZED", 5000)

    with pytest.raises(RunFailedError, match="is over 5,000 bytes, so this is no Hub"):
        list(hub_answers.BoundedStream(Pieces(6), is_list=True, is_sized=False))
    with pytest.raises(RunFailedError, match="is over 5,000 bytes, with no length given"):
        list(hub_answers.BoundedStream(Pieces(6), is_list=False, is_sized=False))

    assert len(list(hub_answers.BoundedStream(Pieces(6), is_list=False, is_sized=True))) == 6


@pytest.mark.parametrize("packing", ["gzip", "br", "identity, gzip"])
def test_what_is_packed_unasked_is_refused(packing: str) -> None:
    with pytest.raises(RunFailedError, match="is packed although it was asked for as it is"):
        hub_answers.refuse_packed(httpx2.Headers({"Content-Encoding": packing}))


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "identity"}])
def test_what_is_not_packed_is_let_through(headers: dict[str, str]) -> None:
    hub_answers.refuse_packed(httpx2.Headers(headers))


def test_a_file_for_which_there_is_no_room_is_refused_before_it_is_written() -> None:
    hub_answers.refuse_larger_than_disk(1)

    with pytest.raises(RunFailedError, match=r"has 1,\d{3}.* bytes and /.* has .* left; make room"):
        hub_answers.refuse_larger_than_disk(2**60)


def test_a_file_may_fill_the_disk_to_its_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))

    hub_answers.refuse_larger_than_disk(1_000)
    with pytest.raises(RunFailedError, match=r"has 1,001 bytes and /.* has 1,000 left"):
        hub_answers.refuse_larger_than_disk(1_001)


def test_what_comes_too_slowly_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 50))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))

    with pytest.raises(RunFailedError, match=r"brought 2 bytes in 100 seconds, so this is no Hub"):
        list(hub_answers.BoundedStream(Pieces(6, b"x"), is_list=False, is_sized=True))


def test_closing_lets_the_connection_go() -> None:
    pieces = Pieces(1)

    hub_answers.BoundedStream(pieces, is_list=False, is_sized=True).close()

    assert pieces.is_closed


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "9" * 9}, {"RateLimit": '"api";r=0;t=3600'}, {"Retry-After": "9" * 30}],
)
def test_a_wait_that_nobody_waits_is_told_instead(headers: dict[str, str]) -> None:
    with pytest.raises(RunFailedError, match=r"the Hub asks to wait [0-9,]{5,} seconds"):
        hub_answers.refuse_long_wait(httpx2.Headers(headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry-After": "300"},
        {"RateLimit": '"resolvers";r=4999;t=299'},
        {"Retry-After": "soon"},
    ],
)
def test_an_ordinary_wait_is_left_to_the_client(headers: dict[str, str]) -> None:
    hub_answers.refuse_long_wait(httpx2.Headers(headers))
