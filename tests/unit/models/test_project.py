"""Which file a project's settings come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.project import project_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.evalsuite.models]\na = 'from-pyproject'\n")
    assert project_settings(tmp_path)[0] == {"models": {"a": "from-pyproject"}}

    (tmp_path / "evalsuite.toml").write_text("[models]\na = 'own'\n")

    settings, origin = project_settings(tmp_path)
    assert settings == {"models": {"a": "own"}}
    assert origin.name == "evalsuite.toml"


def test_a_folder_without_settings_has_none(tmp_path: Path) -> None:
    assert project_settings(tmp_path)[0] == {}


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "evalsuite.toml").write_text("[models\n")

    with pytest.raises(InvalidInputError, match=r"evalsuite\.toml.*mend the file"):
        project_settings(tmp_path)
