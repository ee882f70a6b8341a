from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evalsuite.disk.files import (
    has_sha256,
    leftover_parts,
    object_or_empty,
    read_lines,
    read_object,
    refuse_link,
    write_atomically,
)
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def part_of(path: Path, *, host: str | None = None, process: int) -> Path:
    """Lay the part of a file that a writer left, or is still writing."""
    write_atomically(path, "")
    name = os.uname().nodename if host is None else host
    part = path.with_name(f".{path.name}.{name}.{process}.part")
    part.write_text("half", encoding="utf-8")
    return part


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    part = part_of(tmp_path / "a.json", process=dead_process())

    write_atomically(tmp_path / "a.json", "whole")

    assert not part.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_part_of_a_living_writer_stays(tmp_path: Path) -> None:
    mine = part_of(tmp_path / "a.json", process=os.getppid())
    elsewhere = part_of(tmp_path / "b.json", host="node-7", process=dead_process())

    assert leftover_parts(tmp_path) == []
    os.utime(elsewhere, (0, 0))
    assert leftover_parts(tmp_path) == [elsewhere]
    assert mine.exists()


def test_a_failing_write_leaves_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(tmp_path / "a.json", "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a.json", "new")

    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_folder_is_synced_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        fsync(descriptor)

    def noted_replace(source: str, target: str) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    write_atomically(tmp_path / "new" / "a.json", "x")

    assert steps == ["folder", "file", "rename", "folder"]


def test_a_file_that_cannot_be_read_has_no_hash_that_differs(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    assert not has_sha256(tmp_path / "missing", "0" * 64)
    with pytest.raises(OSError, match="directory"):
        has_sha256(tmp_path / "folder", "0" * 64)


def test_a_link_or_pipe_in_a_files_stead_is_refused(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious", encoding="utf-8")
    (tmp_path / ".lock").symlink_to(tmp_path / "victim")
    os.mkfifo(tmp_path / "responses.jsonl")

    for name in (".lock", "responses.jsonl"):
        with pytest.raises(InvalidInputError, match="take it away"):
            refuse_link(tmp_path / name)


def test_pieces_make_the_file_that_their_sum_makes(tmp_path: Path) -> None:
    pieces = [f"{i}\n" * 50_000 for i in range(30)]

    write_atomically(tmp_path / "whole", "".join(pieces))
    write_atomically(tmp_path / "pieces", iter(pieces))

    assert (tmp_path / "pieces").read_bytes() == (tmp_path / "whole").read_bytes()


def test_pieces_that_fail_leave_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    write_atomically(path, "old")

    def pieces() -> Iterator[str]:
        yield "n" * 3_000_000
        raise ValueError("no number")

    with pytest.raises(ValueError, match="no number"):
        write_atomically(path, pieces())
    assert [p.name for p in tmp_path.iterdir()] == ["runs.jsonl"]
    assert path.read_text() == "old"


def test_lines_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\xe2\x80\xa8b\r\n\nlast" + b"\n" + 200_000 * b"x" + b"\xff")
    lines = read_lines(path)

    assert [next(lines) for _ in range(3)] == ["a\u2028b\r\n", "\n", "last\n"]
    with pytest.raises(InvalidInputError, match="is this a run folder"):
        next(lines)
    with pytest.raises(InvalidInputError, match="can't read"):
        next(read_lines(tmp_path / "missing"))


@pytest.mark.parametrize(
    ("written", "complaint"),
    [("{", "can't read"), ("[" * 100_000, "can't"), ("[1]", "no JSON object")],
)
def test_what_is_no_json_object_is_refused_or_empty(
    tmp_path: Path, written: str, complaint: str
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(written)

    with pytest.raises(InvalidInputError, match=f"{complaint}.*; save it again"):
        read_object(path, "save it again")
    assert object_or_empty(path) == {}
    assert object_or_empty(tmp_path / "missing.json") == {}
