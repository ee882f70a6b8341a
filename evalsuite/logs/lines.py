"""Lines of JSON from files that nobody vouches for: bounded, and wrong in one way only.

Whatever is torn, deep, huge or no JSON is an `InvalidInputError` that names file and line.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, at_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = [
    "hash_of",
    "identity_of",
    "json_file",
    "json_lines",
    "json_list",
    "json_object",
    "mapping",
    "neighbour",
    "number",
    "repeat_of",
    "samples_beside",
    "text_of",
]

LARGEST_LOG = 2 * 2**30
LARGEST_LINE = 8 * 2**20
LARGEST_FILE = 256 * 2**20
"""Bytes of a file that is one JSON document."""
MOST_DIGITS = 15
"""Of a number that tells repeats apart: a time to the second has 14, and 2 ** 53, from where on a
browser and a column of floats no longer count by one, has 16."""


_DECODER = json.JSONDecoder()
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of every line that is not blank."""
    if path.stat().st_size > LARGEST_LOG:
        raise InvalidInputError(
            "{path} is over 2 GiB; split it and import the parts you compare", path=path
        )
    with path.open("rb") as file:
        number_of_line = 0
        # never the whole line first: a file of 2 GiB may be a single one
        while line := file.readline(LARGEST_LINE + 1):
            number_of_line += 1
            if len(line) > LARGEST_LINE:
                raise InvalidInputError(
                    "{path} line {number_of_line} is over 8 MiB; shorten it",
                    path=path,
                    number_of_line=number_of_line,
                )
            if line.strip():
                yield number_of_line, json_object(line, path, number_of_line)


def json_file(path: Path) -> dict[str, Any]:
    """Read a file that is one JSON object."""
    if path.stat().st_size > LARGEST_FILE:
        raise InvalidInputError(
            "{path} is over 256 MiB; log in the harness's packed form", path=path
        )
    return json_object(path.read_bytes(), path)


def neighbour(path: Path) -> dict[str, Any]:
    """Read what describes a log beside it; empty where nothing is there, or where it is torn.

    A folder's other logs are found all the same, and whoever reads this one is told.
    """
    try:
        return json_file(path) if path.is_file() else {}
    except InvalidInputError:
        return {}


def samples_beside(totals: Path, name: str) -> Path:
    """Find the file of answers behind totals that were named alone.

    Raises
    ------
    InvalidInputError
        Where there is none: totals can't be paired.
    """
    samples = totals.with_name(name)
    if not samples.is_file():
        raise InvalidInputError(
            "{totals} holds totals, which can't be compared question by question; put {samples} "
            "beside it, or name the logs it was made of",
            totals=totals,
            samples=samples.name,
        )
    return samples


def json_list(path: Path) -> list[Any]:
    """Read a file that is one JSON list."""
    if path.stat().st_size > LARGEST_FILE:
        raise InvalidInputError("{path} is over 256 MiB; split it and compare the parts", path=path)
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            "{path} is not JSON ({error}); mend or remove it", path=path, error=error
        ) from error
    if not isinstance(value, list):
        raise InvalidInputError("{path} is no list; check which file of the run it is", path=path)
    return value


def json_object(written: bytes, path: object, line: int | None = None) -> dict[str, Any]:
    """Read one JSON object; ``path`` and ``line`` name it in the message."""
    try:
        value = _loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            "{where} is not JSON ({error}); mend or remove it",
            where=_place(path, line),
            error=error,
        ) from error
    if not isinstance(value, dict):
        raise InvalidInputError(
            "{where} is not an object with id and text; mend it", where=_place(path, line)
        )
    return value


def _loads(written: bytes) -> Any:
    """Read a document as `json.loads`, in four fifths of the time where a log's line is as usual.

    What begins so is UTF-8 without a mark: there is no encoding to look for, and no space before.
    """
    if written[:2] == b'{"':
        text = written.decode("utf-8", "surrogatepass")
        value, end = _DECODER.raw_decode(text)
        if not text[end:].strip(" \t\n\r"):
            return value
    return json.loads(written)


def _place(path: object, line: int | None) -> str:
    """Name it, once it is told: for every line, that would take as long as to read it."""
    return str(path) if line is None else at_line(path, line)


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def identity_of(row: Mapping[str, Any], key: str, where: str) -> Any:
    """Return what tells a line's question from others, which is never its place in the file."""
    value = row.get(key)
    if value is None:
        raise InvalidInputError(
            "{where} has no {key}, so nothing says which question it answers; check which tool "
            "wrote it, or name the column that does with --id",
            where=where,
            key=key,
        )
    return value


def number(value: object) -> float | None:
    """Give a finite number; None for anything else, truth values and texts of numbers included."""
    if type(value) is float:  # as most are
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        plain = float(value)
    except OverflowError:
        return None
    return plain if math.isfinite(plain) else None


def text_of(value: object) -> str | None:
    """Return a text or a number as text; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def repeat_of(value: object, where: str) -> int:
    """Read the number that tells an answer from others to its question; none is ever shortened."""
    written = (text_of(value) or "").removesuffix(".0")
    if not (written.isascii() and written.isdecimal() and len(written) <= MOST_DIGITS):
        raise InvalidInputError(
            "{where} has sample {value}; use a whole number from 0, of at most {digits} digits",
            where=where,
            value=repr(value)[:40],
            digits=MOST_DIGITS,
        )
    return int(written)


def hash_of(*values: object) -> str:
    """Hash JSON values; 64 hexadecimal digits."""
    return hashlib.sha256(_CANONICAL.encode(values).encode("ascii")).hexdigest()
