from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.logs import lines
from evalsuite.logs.lines import json_lines, json_object, number, repeat_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "written", [b"{", b"[1]", b"\xff\xfe", b'{"a":' * 100_000, b"9" * 5000, b'"\\ud800"', b""]
)
def test_what_is_no_object_is_a_domain_error(written: bytes) -> None:
    with pytest.raises(InvalidInputError, match=r"^line 1 "):
        json_object(written, "line 1")


def test_a_long_line_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:
        file.truncate(lines.LARGEST_LINE * 3)

    with pytest.raises(InvalidInputError, match="line 1 is over 8 MiB"):
        list(json_lines(path))


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:
        file.truncate(lines.LARGEST_LOG + 1)

    with pytest.raises(InvalidInputError, match="over 2 GiB"):
        list(json_lines(path))


@pytest.mark.parametrize(
    "written",
    [
        b'{"a": NaN, "b": "\xed\xa0\x80"} \r\n',
        b'\xef\xbb\xbf{"a": 1}',
        '{"\u00e9": 1}'.encode("utf-16"),
        b' {"a": 1}',
    ],
)
def test_a_line_is_read_as_the_standard_library_reads_it(written: bytes) -> None:
    assert repr(json_object(written, "log", 1)) == repr(json.loads(written))


@pytest.mark.parametrize("written", [b'{"a": 1} x', b'{"a": 1}\0', b'{"a": 1}\x0b', b'{"\xff": 1}'])
def test_what_follows_an_object_is_refused(written: bytes) -> None:
    with pytest.raises(InvalidInputError, match="line 3 is not JSON"):
        json_object(written, "log", 3)


def test_a_number_is_finite_and_no_truth_value() -> None:
    values = (1, 0.5, float("nan"), float("inf"), 10**400, True, "1", None)

    assert list(map(number, values)) == [1.0, 0.5, None, None, None, None, None, None]


@pytest.mark.parametrize(
    ("written", "repeat"), [(0, 0), ("7", 7), (3.0, 3), ("20260101120000", 20260101120000)]
)
def test_a_repeat_is_a_whole_number_and_never_shortened(written: object, repeat: int) -> None:
    assert repeat_of(written, "line 1") == repeat


@pytest.mark.parametrize("written", [True, None, "", "x", -1, 1.5, "9" * 16, "\u0663", "7.0.0"])
def test_what_is_no_repeat_is_refused_with_its_place(written: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^line 1 has sample .* at most 15 digits$"):
        repeat_of(written, "line 1")
