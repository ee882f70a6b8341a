"""A removal that is cut off leaves a run that every command understands, or a remnant."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from builders import ScriptedEngine, question, run, text_of

from evalsuite.asking.evaluate import evaluate
from evalsuite.disk.journal import hold
from evalsuite.disk.removal import is_remnant, remove_run
from evalsuite.disk.verification import verify_run
from evalsuite.errors import RunFailedError

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = {f"q-{i}": rf"{i} is \boxed{{7}}" for i in range(6)}
QUESTIONS = tuple(question(i) for i in range(6))
PROMPTS = {q.id: text_of(q) for q in QUESTIONS}
SPEC = run([""] * 6).spec


def finished(root: Path) -> Path:
    return evaluate(SPEC, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), root)[1]


class PowerCut(Exception):  # noqa: N818  it is none of ours
    """Ends a removal as a kill does, after some files."""


@pytest.mark.parametrize("n_removed", range(7))
def test_cut_off_anywhere_a_run_is_finished_or_removed_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_removed: int
) -> None:
    folder = finished(tmp_path)
    whole = {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix == ".jsonl"}
    kind = type(folder)
    removed: list[str] = []
    unlink = kind.unlink

    def cut_off(path: Path, *, missing_ok: bool = False) -> None:
        if path.exists() and not path.name.startswith("."):
            if len(removed) == n_removed:
                raise PowerCut
            removed.append(path.name)
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "unlink", cut_off)
        if n_removed < 6:
            with pytest.raises(PowerCut):
                remove_run(folder)
        else:
            remove_run(folder)
            assert not folder.exists()
            return

    assert is_remnant(folder) is not (folder / "spec.json").is_file()
    if not is_remnant(folder):
        assert verify_run(folder).is_sound
    shutil.copytree(folder, tmp_path / "again" / folder.name)
    again = finished(tmp_path / "again")
    assert {p.name: p.read_bytes() for p in again.iterdir() if p.suffix == ".jsonl"} == whole
    remove_run(folder)
    assert not folder.exists()


def test_a_run_below_another_goes_with_it(tmp_path: Path) -> None:
    folder = finished(tmp_path)
    finished(folder / "noise-floor")

    remove_run(folder)

    assert not folder.exists()


def test_nothing_is_removed_while_a_shard_is_answered(tmp_path: Path) -> None:
    folder = finished(tmp_path)
    before = sorted(folder.iterdir())
    with hold(folder / ".shard-1-of-2.lock", "a shard"), pytest.raises(RunFailedError):
        remove_run(folder)

    assert sorted(p for p in folder.iterdir() if p.suffix != ".lock") == [
        p for p in before if p.suffix != ".lock"
    ]


@pytest.mark.parametrize("name", ["spec.json", "train_spec.json", "notes.txt", "checkpoint-1"])
def test_a_folder_with_anything_of_worth_is_no_remnant(tmp_path: Path, name: str) -> None:
    (tmp_path / "questions.jsonl").write_text("")
    (tmp_path / ".lock").write_text("")
    assert is_remnant(tmp_path)
    (tmp_path / name).mkdir() if name == "checkpoint-1" else (tmp_path / name).write_text("")
    assert not is_remnant(tmp_path)
