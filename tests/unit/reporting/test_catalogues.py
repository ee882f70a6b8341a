"""Catalogues: quick reading beside the standard library's."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from evalsuite.reporting.catalogues import LOCALE, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def flat(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@pytest.mark.parametrize("path", sorted(LOCALE.glob("*.toml")), ids=lambda path: path.name)
def test_every_catalogue_is_read_as_toml_is(path: Path) -> None:
    text = path.read_text("utf-8")

    assert read_catalogue(text) == dict(flat(tomllib.loads(text)))


def test_texts_lists_and_sections_are_read_on_one_line_and_on_several() -> None:
    text = """
# a comment with one = "text"
one = "a \\"word\\" and \\u00e9 \\\\ = \\"x\\""
several = ["", "left = \\"[b]\\""]
"a key: {x}" = "its text"

[part.inner]
two = 'C:\\path'
lines = [
  '[quoted]',
  "[doubly]",
  'three = "no entry"',
]
three = "last"
"""

    assert read_catalogue(text) == {
        "one": 'a "word" and é \\ = "x"',
        "several": ["", 'left = "[b]"'],
        "a key: {x}": "its text",
        "part.inner.two": r"C:\path",
        "part.inner.lines": ["[quoted]", "[doubly]", 'three = "no entry"'],
        "part.inner.three": "last",
    }
