"""Catalogues as they lie in ``locale/``: TOML files of texts, and lists of them, by dotted keys."""

from __future__ import annotations

import json
import re
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LOCALE", "read_catalogue"]

LOCALE = Path(__file__).parent / "locale"
_ENTRY = re.compile(r'([\w.-]+|"(?:[^"\\]|\\.)*") = (".*"|\[".*"\])')


def read_catalogue(text: str) -> dict[str, Any]:
    """Read a catalogue: each key with its sections before it, and a text or a list of texts.

    Nearly every line is a key and a text that are written as JSON writes them. Those are read as
    JSON, in a tenth of the time, and only the others as TOML.
    """
    plain, others, section = [], [], ""
    lines = iter(text.splitlines())
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if entry is not None:
            key = entry[1][1:-1] if entry[1][0] == '"' else entry[1]
            plain.append(f'"{section}{key}": {entry[2]}')
        elif line.endswith(" = [") and line[0] != "#":
            items = [item.strip().removesuffix(",") for item in takewhile("]".__ne__, lines)]
            # in single quotes TOML reads everything as it stands
            written = [json.dumps(i[1:-1]) if i[0] == "'" else i for i in items]
            plain.append(f'"{section}{line.removesuffix(" = [")}": [{",".join(written)}]')
        elif line and line[0] != "#":
            others.append(line)
            section = f"{line[1:-1]}." if line[0] == "[" else section
    entries: dict[str, Any] = json.loads(f"{{{','.join(plain)}}}")
    are_headings = all(line[0] == "[" for line in others)
    return entries if are_headings else entries | dict(_as_toml("\n".join(others)))


def _as_toml(text: str) -> Iterator[tuple[str, object]]:
    import tomllib

    yield from _flat(tomllib.loads(text), "")


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
