from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.cli.main import main
from evalsuite.cli.regrade import command
from evalsuite.disk.storage import load_run, run_folder, write_run
from evalsuite.logs.detect import read_one
from evalsuite.logs.runs import run_of_log
from evalsuite.records.codec import from_json
from evalsuite.records.run import Grade

RECORDED = Path(__file__).parents[3] / "runs" / "recorded"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Copy a run whose grades are of the first schema."""
    source = next(RECORDED.glob("smol-base-*"))
    assert '"strict":' in (source / "grades.jsonl").read_text(encoding="utf-8").splitlines()[0]
    return Path(shutil.copytree(source, tmp_path / "runs" / source.name))


def regraded(folder: Path) -> str:
    done = CliRunner().invoke(command, [f"run:{folder.name}", "--runs", str(folder.parent)])
    assert done.exit_code == 0, done.output
    return done.output


def test_old_grades_that_still_hold_stay_as_they_are_written(old: Path) -> None:
    before = (old / "grades.jsonl").read_bytes()

    assert "0 of 400 grades changed (strict@3, flexible@3)" in regraded(old)
    assert (old / "grades.jsonl").read_bytes() == before


def test_a_grade_that_changed_is_written_by_grader_and_the_run_opens(old: Path) -> None:
    first, *others = (old / "grades.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = json.loads(first) | {"answer": "5", "flexible_answer": "5"}
    (old / "grades.jsonl").write_text("\n".join([json.dumps(wrong), *others, ""]), encoding="utf-8")
    complete = json.loads((old / "complete.json").read_text(encoding="utf-8"))
    del complete["sha256"]["grades.jsonl"]
    (old / "complete.json").write_text(json.dumps(complete), encoding="utf-8")

    assert "1 of 400 grades changed" in regraded(old)
    written = (old / "grades.jsonl").read_text(encoding="utf-8").splitlines()
    assert from_json(Grade, written[0]) == load_run(old).grades[0]
    assert set(json.loads(written[0])["scores"]) == {"strict", "flexible"}


def test_scores_that_came_with_a_log_stay_when_ours_are_made_again(tmp_path: Path) -> None:
    write_lm_eval(tmp_path / "log", [lm_eval_row(0, 1.0)])
    imported = run_of_log(read_one(str(tmp_path / "log")))
    (grade,) = imported.grades
    assert grade.scores["exact_match,strict-match"] == 1.0
    outdated = replace(grade, scores=grade.scores | {"flexible": 0.0})
    folder = run_folder(tmp_path / "runs", imported.spec)
    write_run(folder, replace(imported, grades=(outdated,)))

    assert "1 of 1 grades changed" in regraded(folder)
    assert load_run(folder).grades == imported.grades
    assert "0 of 1 grades changed" in regraded(folder)


@pytest.mark.parametrize(
    ("lang", "kind"), [("en", "is a model, not a run"), ("zh", "是模型，不是运行")]
)
def test_what_is_no_run_is_told_in_the_language(
    lang: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["regrade", "base", "--lang", lang])

    assert ended.value.code == 2
    assert kind in capsys.readouterr().err
