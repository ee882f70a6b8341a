"""Pictures of the docs: made by a session, small, and shown somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from screenshots import IMAGES, LARGEST, PICTURES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *(ROOT / "docs").rglob("*.md")]


def test_every_picture_is_one_that_the_session_takes() -> None:
    assert {path.stem for path in IMAGES.iterdir()} == {*PICTURES, "print"}


def test_a_picture_is_small_enough_for_a_page_with_several() -> None:
    sizes = {path.name: path.stat().st_size for path in IMAGES.iterdir()}

    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def test_every_picture_is_shown_with_words_for_those_who_do_not_see_it() -> None:
    shown = {
        (page.parent / path).resolve(): words
        for page in PAGES
        for words, path in re.findall(r"!\[(.*?)\]\(([^)]+)\)", page.read_text("utf-8"))
    }

    assert set(IMAGES.iterdir()) <= set(shown)
    assert all(shown.values())


def test_both_readmes_begin_with_the_same_picture() -> None:
    for name in ("README.md", "README.zh.md"):
        assert "](docs/images/first-screen.png)" in (ROOT / name).read_text("utf-8")
