from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from log_builders import packed

from evalsuite.errors import InvalidInputError
from evalsuite.logs.archive import open_archive

if TYPE_CHECKING:
    from pathlib import Path


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "log.eval"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("method", [0, 8, 93])
def test_a_member_comes_back_however_it_was_packed(tmp_path: Path, method: int) -> None:
    with open_archive(write(tmp_path, packed({"a": b"x" * 5000}, method))) as archive:
        assert archive.read("a") == b"x" * 5000


@pytest.mark.parametrize("method", [8, 93])
def test_a_member_is_never_unpacked_beyond_its_claim(tmp_path: Path, method: int) -> None:
    bomb = packed({"a": b"\0" * 50_000_000}, method, claims=10)

    with (
        open_archive(write(tmp_path, bomb)) as archive,
        pytest.raises(InvalidInputError, match="checksum differs"),
    ):
        archive.read("a")


def test_a_bomb_is_refused_by_its_claim_before_anything_is_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path, packed({"a": b"x"}, claims=2**31))

    with pytest.raises(InvalidInputError, match="would unpack to"), open_archive(path):
        pass


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "..\\a", "c:/a"])
def test_a_member_with_a_path_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, packed({name: b"x"}))

    with pytest.raises(InvalidInputError, match="a path out of the archive"), open_archive(path):
        pass


def test_a_torn_archive_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, packed({"a": b"x" * 500})[:-30])

    with pytest.raises(InvalidInputError, match="no whole zip"), open_archive(path):
        pass


def test_a_changed_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a": b"x" * 500}, 0))
    content[100] ^= 1

    with (
        open_archive(write(tmp_path, bytes(content))) as archive,
        pytest.raises(InvalidInputError, match="checksum differs"),
    ):
        archive.read("a")


def test_an_unknown_method_is_named(tmp_path: Path) -> None:
    with (
        open_archive(write(tmp_path, packed({"a": b"x"}, 12))) as archive,
        pytest.raises(InvalidInputError, match="method 12"),
    ):
        archive.read("a")


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    with (
        open_archive(write(tmp_path, packed({"a": b"x"}))) as archive,
        pytest.raises(InvalidInputError, match="has no b"),
    ):
        archive.read("b")
