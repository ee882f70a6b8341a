from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from builders import run
from click.testing import CliRunner, Result

from evalsuite.cli.runs import command
from evalsuite.disk.journal import hold
from evalsuite.disk.storage import run_folder, write_run
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.reporting.outputs.inert import columns

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


def test_models_are_told_apart_by_their_own_names_where_folders_are_not(tmp_path: Path) -> None:
    for name in ("甲模型", "乙", "base\x1b[31m"):
        written = run([r"\boxed{7}"], name=name)
        write_run(run_folder(tmp_path, written.spec), written)

    done = CliRunner().invoke(command, ["list", "--runs", str(tmp_path), "--lang", "zh"])
    listed = CliRunner().invoke(command, ["list", "--runs", str(tmp_path), "--json"])

    head, *rows = done.output.splitlines()
    begins = {columns(row.partition(str(tmp_path))[0]) for row in rows}
    assert begins == {columns(head.removesuffix("运行"))}
    assert "甲模型" in done.output
    assert "\x1b" not in done.output
    named = {row["model"]: Path(row["folder"]).name for row in json.loads(listed.output)["runs"]}
    assert set(named) == {"甲模型", "乙", "base\x1b[31m"}
    assert all(folder.isascii() for folder in named.values())


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


def test_a_training_in_the_store_is_verified_and_never_told_to_be_removed(stored: Path) -> None:
    """It holds no spec.json; it was once called a run that never began, to be removed."""
    training = stored.parent / "grpo"
    training.mkdir()
    (training / "train_spec.json").write_text('{"seed": 0}', encoding="utf-8")

    done = runs(stored, "verify")
    named = runs(stored, "verify", str(training), "--json")

    assert done.exit_code == 0
    assert "remove" not in done.output
    assert f"sound    unfinished                 {training}" in done.output
    assert json.loads(named.output)["runs"] == []
    assert json.loads(named.output)["trainings"][0]["state"] == "unfinished"


def test_what_is_left_of_a_run_may_be_removed_by_its_name(stored: Path) -> None:
    left = stored.parent / "gone-test-64-00000000"
    left.mkdir()
    (left / "questions.jsonl").write_text("", encoding="utf-8")

    assert f"evalsuite runs rm {left.name}" in runs(stored, "verify").output
    assert runs(stored, "rm", left.name, "--yes").exit_code == 0
    assert not left.exists()


@pytest.mark.parametrize("name", [".", "..", "grpo"])
def test_what_is_no_run_is_not_removed(stored: Path, name: str) -> None:
    (stored.parent / "grpo" / "model").mkdir(parents=True)

    assert isinstance(runs(stored, "rm", name, "--yes").exception, InvalidInputError)
    assert stored.is_dir()
