from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from evalsuite.cli.main import cli
from evalsuite.cli.starting.completion import VARIABLE

RECORDED = Path(__file__).parents[4] / "runs" / "recorded"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(RECORDED.glob("smol-base-*"))
    shutil.copytree(source, tmp_path / "runs" / source.name)
    (tmp_path / "my-model").mkdir()
    (tmp_path / "evalsuite.toml").write_text('[models]\nmine = "path:my-model"\n', "utf-8")
    monkeypatch.chdir(tmp_path)


def offered(arguments: list[str], incomplete: str) -> list[str]:
    completion = ShellComplete(cli, {}, "evalsuite", VARIABLE)
    return [item.value for item in completion.get_completions(arguments, incomplete)]


def test_models_are_aliases_embedded_ones_runs_and_paths() -> None:
    assert offered(["compare"], "m") == ["mine"]
    assert offered(["compare", "base"], "tr") == ["trained", "trained-seed1"]
    assert offered(["compare"], "smol")[0].startswith("smol-base-")
    assert offered(["compare"], "./my") == ["./my-model/"]


def test_runs_are_those_of_the_store() -> None:
    (run,) = offered(["show"], "smol")

    assert run.startswith("smol-base-")
    assert offered(["show"], "tr") == []
    assert offered(["runs", "rm"], "smol") == [run]
    assert offered(["show", "--runs", "elsewhere"], "smol") == []


def test_a_broken_settings_file_ends_no_completion(tmp_path: Path) -> None:
    (tmp_path / "evalsuite.toml").write_text("[", "utf-8")

    assert offered(["compare"], "tr") == ["trained", "trained-seed1"]


def test_commands_are_offered_without_being_loaded() -> None:
    assert offered([], "comp") == ["compare", "completion"]
