"""Which file a project's settings come from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from evalsuite.errors import InvalidInputError
from evalsuite.models.project import project_settings, read_aliases, read_toml, write_alias


def test_the_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.evalsuite.models]\na = 'from-pyproject'\n")
    assert project_settings(tmp_path)[0] == {"models": {"a": "from-pyproject"}}

    (tmp_path / "evalsuite.toml").write_text("[models]\na = 'own'\n")

    sections, origin = project_settings(tmp_path)
    assert sections == {"models": {"a": "own"}}
    assert origin.name == "evalsuite.toml"


def test_a_folder_without_settings_has_none(tmp_path: Path) -> None:
    assert project_settings(tmp_path)[0] == {}


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "evalsuite.toml").write_text("[models\n")

    with pytest.raises(InvalidInputError, match=r"evalsuite\.toml.*mend the file"):
        project_settings(tmp_path)


SETTINGS = (
    "# mine\n[compare]\nseeds = 3  # few\n\n[models.first]\nsource = 'x'\n\n[run]\nseeds = 1\n"
)
NAMES = st.text("aZ09_-.@名é", min_size=1, max_size=8)
SOURCES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(aliases=st.dictionaries(NAMES, SOURCES.map("path:{}".format), max_size=5))
@settings(max_examples=50, deadline=None)  # every write waits for the disk
def test_aliases_are_read_back_beside_what_the_file_held(aliases: dict[str, str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "evalsuite.toml").write_text(SETTINGS, encoding="utf-8")
        for alias, source in [*aliases.items(), *aliases.items()]:
            write_alias(alias, source, folder=folder)

        assert read_aliases(folder) == {"first": "x"} | aliases
        read = read_toml(folder / "evalsuite.toml")
        assert (read["compare"], read["run"]) == ({"seeds": 3}, {"seeds": 1})
        assert "# mine" in (folder / "evalsuite.toml").read_text(encoding="utf-8")


def test_a_chinese_alias_is_quoted(tmp_path: Path) -> None:
    write_alias("名", "path:./m😀", folder=tmp_path)

    assert '[models."名"]' in (tmp_path / "evalsuite.toml").read_text(encoding="utf-8")
    assert read_aliases(tmp_path) == {"名": "path:./m😀"}


@pytest.mark.parametrize(
    ("alias", "source"),
    [("a", "path:\ud800"), ("a", "a"), ("a", "b"), ("in", "x"), ("a b", "x")],
)
def test_an_alias_that_would_break_the_file_leaves_it_as_it_was(
    tmp_path: Path, alias: str, source: str
) -> None:
    text = "[models]\nb = 'alias:a'\nin = 'y'\n"
    (tmp_path / "evalsuite.toml").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInputError):
        write_alias(alias, source, folder=tmp_path)

    assert (tmp_path / "evalsuite.toml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("models = 3\n", r"\[models\] in .* is no section"),
        ("[models.a]\nsorce = 'x'\n", "unknown key 'sorce'; did you mean source"),
        ("[models]\na = 'b'\nb = 'c'\nc = 'alias:a'\n", "circle: a -> b -> c -> a"),
        ("a = " + "[" * 5000 + "]" * 5000 + "\n", "mend the file"),
    ],
)
def test_settings_that_make_no_sense_are_one_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "evalsuite.toml").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInputError, match=complaint):
        read_aliases(tmp_path)
