from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.runs import command
from evalsuite.disk.journal import hold
from evalsuite.errors import InvalidInputError, RunFailedError

RECORDED = Path(__file__).parents[3] / "runs" / "recorded"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    source = next(RECORDED.glob("smol-base-*"))
    return Path(shutil.copytree(source, tmp_path / "runs" / source.name))


def runs(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--runs", str(folder.parent)])


@pytest.mark.parametrize("name", ["", "smol", "smol-base", "../runs", "*"])
def test_only_the_whole_name_removes_a_run(stored: Path, name: str) -> None:
    done = runs(stored, "rm", name, "--yes")

    assert isinstance(done.exception, InvalidInputError)
    assert stored.is_dir()


def test_a_start_of_a_name_is_answered_with_the_whole(stored: Path) -> None:
    assert f"such as {stored.name}" in str(runs(stored, "rm", "smol", "--yes").exception)


def test_the_whole_name_removes_it(stored: Path) -> None:
    assert runs(stored, "rm", stored.name, "--yes").exit_code == 0
    assert not stored.exists()


@pytest.mark.parametrize("lock", [".lock", ".shard-1-of-2.lock"])
def test_a_run_that_is_being_written_stays(stored: Path, lock: str) -> None:
    with hold(stored / lock, "it"):
        done = runs(stored, "rm", stored.name, "--yes")

    assert isinstance(done.exception, RunFailedError)
    assert "is working on" in str(done.exception)
    assert stored.is_dir()


def test_a_link_to_a_run_is_not_followed(stored: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    stored.rename(elsewhere)
    stored.symlink_to(elsewhere)

    assert isinstance(runs(stored, "rm", stored.name, "--yes").exception, InvalidInputError)
    assert (elsewhere / "spec.json").is_file()


def test_an_empty_name_shows_no_run(stored: Path) -> None:
    assert isinstance(runs(stored, "show", "").exception, InvalidInputError)


def test_a_sound_store_is_verified_in_a_line_a_run(stored: Path) -> None:
    done = runs(stored, "verify")

    assert done.exit_code == 0
    assert done.output.startswith("sound")
    assert "400/400" in done.output


def test_an_unsound_run_is_named_with_what_to_do(stored: Path) -> None:
    (stored / "responses.jsonl").write_bytes(b"")

    done = runs(stored, "verify", stored.name)
    as_json = json.loads(runs(stored, "verify", "--json").output)

    assert isinstance(done.exception, RunFailedError)
    assert "UNSOUND" in done.output
    assert "restore it" in done.output
    assert as_json["runs"][0]["findings"][0]["level"] == "problem"
