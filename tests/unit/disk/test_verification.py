from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import Job, ScriptedEngine, response

from evalsuite.asking.evaluate import evaluate
from evalsuite.disk.storage import open_journal, run_folder
from evalsuite.disk.verification import verify_run, verify_store

if TYPE_CHECKING:
    from pathlib import Path

JOB = Job(6)
TEXTS, QUESTIONS, PROMPTS, SPEC = JOB.texts, JOB.questions, JOB.prompts, JOB.spec


def finished(root: Path) -> Path:
    return evaluate(SPEC, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), root)[1]


def begun(root: Path) -> Path:
    folder = run_folder(root, SPEC)
    with open_journal(folder, SPEC, QUESTIONS) as journal:
        journal.append([response(i, TEXTS[f"q-{i}"]) for i in range(4)])
    return folder


def sentences(folder: Path) -> str:
    return "\n".join(f"{f.level}: {f.sentence}" for f in verify_run(folder).findings)


def test_a_finished_run_is_sound(tmp_path: Path) -> None:
    (verified,) = verify_store(finished(tmp_path).parent)

    assert (verified.state, verified.answers, verified.wanted) == ("complete", 6, 6)
    assert verified.findings == ()


@pytest.mark.parametrize("name", ["spec.json", "questions.jsonl", "responses.jsonl"])
def test_a_changed_file_of_a_finished_run_needs_a_hand(tmp_path: Path, name: str) -> None:
    folder = finished(tmp_path)
    with (folder / name).open("ab") as file:
        file.write(b"\n")

    assert f"problem: {name} changed after the run was completed" in sentences(folder)


def test_grades_that_changed_are_told_to_be_made_again(tmp_path: Path) -> None:
    folder = finished(tmp_path)
    (folder / "grades.jsonl").unlink()

    assert "evalsuite regrade" in sentences(folder)


def test_a_damaged_line_is_named_and_a_torn_one_is_a_note(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    journal = folder / "responses.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"question_id": "q-4", "te')
    assert "note: responses.jsonl ends in half a line" in sentences(folder)
    assert verify_run(folder).is_sound
    assert verify_run(folder).answers == 4

    journal.write_bytes(journal.read_bytes().replace(b"1 is", b"2 is"))

    assert "responses.jsonl line 2 is damaged" in sentences(folder)
    assert not verify_run(folder).is_sound


def test_what_is_left_over_is_told(tmp_path: Path) -> None:
    folder = finished(tmp_path)
    (folder / "shard-1-of-2.jsonl").write_text("", encoding="ascii")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "extra").symlink_to(tmp_path)
    (tmp_path / "empty").mkdir()

    told = sentences(folder)

    assert "note: shard-1-of-2.jsonl is left over" in told
    assert "note: notes.txt is not evalsuite's" in told
    assert "problem: extra is a link" in told
    assert "never began" in verify_store(tmp_path)[-1].findings[0].sentence


def test_a_spec_nobody_can_read_is_one_problem(tmp_path: Path) -> None:
    folder = finished(tmp_path)
    (folder / "spec.json").write_text("{", encoding="utf-8")

    assert verify_run(folder).state == "unreadable"
    assert not verify_run(folder).is_sound
