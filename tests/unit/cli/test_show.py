from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import run
from click.testing import CliRunner

from evalsuite.cli.show import command
from evalsuite.disk.storage import run_folder, write_run
from evalsuite.tasks.grading import grade_response, numeric_task

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run


def shown(root: Path, answers: Run, question: str) -> str:
    folder = run_folder(root, answers.spec)
    write_run(folder, answers)
    done = CliRunner().invoke(command, [f"run:{folder.name}", question, "--runs", str(root)])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_response_is_shown_with_its_reading_and_its_end(tmp_path: Path) -> None:
    told = shown(tmp_path, run([r"so \boxed{7}"]), "q-0")

    assert "q-0  gold 7" in told
    assert "-- sample 0: right, read 7, stop after 12 tokens" in told
    assert r"so \boxed{7}" in told


def test_what_a_log_does_not_tell_is_said(tmp_path: Path) -> None:
    whole = run(["7"], finishes=["unknown"])
    question = replace(whole.questions[0], text=None, gold=None)
    response = replace(whole.responses[0], text=None, token_ends=None, n_tokens=None)
    grade = grade_response(response, question, numeric_task("test"))
    log = replace(whole, questions=(question,), responses=(response,), grades=(grade,))

    told = shown(tmp_path, log, "0")

    assert "gold not recorded" in told
    assert "not graded, read no answer, end not recorded, length not recorded" in told
    assert "(no text recorded)" in told


@pytest.mark.parametrize(("n", "line"), [(2, "questions q-0, q-1\n"), (6, "q-3, q-4, ...\n")])
def test_more_questions_are_told_where_there_are_more(tmp_path: Path, n: int, line: str) -> None:
    answers = run(["7"] * n)
    folder = run_folder(tmp_path, answers.spec)
    write_run(folder, answers)

    done = CliRunner().invoke(command, [f"run:{folder.name}", "--runs", str(tmp_path)])

    assert line in done.output
