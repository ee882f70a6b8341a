from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from log_builders import inspect_sample, lm_eval_row, write_inspect, write_lm_eval

from evalsuite.disk.storage import load_run, run_folder, write_run
from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import read_one
from evalsuite.logs.runs import run_of_log

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run, Task


def run_of(folder: Path, rows: list[dict[str, Any]], **more: Any) -> Run:
    write_lm_eval(folder, rows)
    return run_of_log(read_one(str(folder)), **more)


def task_of(run: Run) -> Task:
    assert run.spec.graded_as is not None
    return run.spec.graded_as


def test_the_first_filter_decides_and_ours_stand_beside_it(tmp_path: Path) -> None:
    run = run_of(tmp_path, [lm_eval_row(0, 1.0), lm_eval_row(0, 0.0, filter="other")])

    task = task_of(run)

    assert list(task.graders) == [
        "exact_match,strict-match",
        "exact_match,other",
        "strict",
        "flexible",
        "hash",
    ]
    assert (task.decides, task.kind) == ("exact_match,strict-match", "number")
    assert run.grades[0].scores == {
        "exact_match,strict-match": 1.0,
        "exact_match,other": 0.0,
        "strict": 0.0,
        "flexible": 1.0,
        "hash": 1.0,
    }


def test_a_grader_that_is_none_of_the_log_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="it has 'exact_match,strict-match'"):
        run_of(tmp_path, [lm_eval_row(0, 1.0)], grader="acc")


@pytest.mark.parametrize("name", ["other", "exact_match,other"])
def test_a_filter_alone_names_the_one_grader_that_has_it(tmp_path: Path, name: str) -> None:
    rows = [lm_eval_row(0, 1.0), lm_eval_row(0, 0.0, filter="other")]

    assert task_of(run_of(tmp_path, rows, grader=name)).decides == "exact_match,other"
    with pytest.raises(InvalidInputError, match="has no grader 'exact_match'"):
        run_of(tmp_path, rows, grader="exact_match")  # both have it


def test_the_same_questions_in_another_order_are_those_that_are_known(tmp_path: Path) -> None:
    known = run_of(tmp_path / "a", [lm_eval_row(i, 1.0) for i in range(3)])
    rows = [lm_eval_row(i, float(i == 2)) for i in (2, 0, 1)]

    run = run_of(tmp_path / "b", rows, known=known)

    assert run.questions is known.questions
    assert run.spec.questions_sha256 == known.spec.questions_sha256
    assert [response.question_id for response in run.responses] == ["0", "1", "2"]
    assert [grade.scores["exact_match,strict-match"] for grade in run.grades] == [0.0, 0.0, 1.0]


def test_other_questions_keep_the_order_of_their_log(tmp_path: Path) -> None:
    known = run_of(tmp_path / "a", [lm_eval_row(i, 1.0) for i in range(3)])

    run = run_of(tmp_path / "b", [lm_eval_row(i, 1.0) for i in (3, 0, 1)], known=known)

    assert run.spec.question_ids == ("3", "0", "1")


def test_without_numbers_as_golds_no_grader_of_ours_is_added(tmp_path: Path) -> None:
    run = run_of(tmp_path, [lm_eval_row(0, 1.0, target="blue")])

    assert list(task_of(run).graders) == ["exact_match,strict-match"]


def test_a_score_over_repeats_stays_one_a_question(tmp_path: Path) -> None:
    rows = [lm_eval_row(0, 1.0, resps=[["#### 0", "#### 1"]], filter="maj@2")]

    run = run_of(tmp_path, rows)

    assert (run.spec.decoding.samples, len(run.responses)) == (1, 1)
    assert run.responses[0].text == "[1 of 2]\n#### 0\n\n[2 of 2]\n#### 1"
    assert list(task_of(run).graders) == ["exact_match,maj@2"]


def test_a_grader_of_ours_reads_every_repeat(tmp_path: Path) -> None:
    rows = [lm_eval_row(0, 1.0, resps=[["#### 0", "#### 1"]], filter="maj@2")]

    run = run_of(tmp_path, rows, grader="hash")

    assert run.spec.decoding.samples == 2
    assert [grade.scores["hash"] for grade in run.grades] == [1.0, 0.0]
    assert "exact_match,maj@2" not in task_of(run).graders


def test_epochs_are_samples_with_scores_of_their_own(tmp_path: Path) -> None:
    samples = [
        inspect_sample(1, value, epoch=epoch) for epoch, value in enumerate(("C", "I"), start=1)
    ]
    write_inspect(tmp_path / "log.eval", samples)

    run = run_of_log(read_one(str(tmp_path)))

    assert run.spec.decoding.samples == 2
    assert [(g.sample, g.scores["match"]) for g in run.grades] == [(0, 1.0), (1, 0.0)]
    assert [response.finish for response in run.responses] == ["stop", "stop"]


def test_unequal_numbers_of_samples_are_refused(tmp_path: Path) -> None:
    samples = [inspect_sample(1, "C"), inspect_sample(1, "C", epoch=2), inspect_sample(2, "C")]
    write_inspect(tmp_path / "log.eval", samples)

    with pytest.raises(InvalidInputError, match="some questions 1 and others 2 times"):
        run_of_log(read_one(str(tmp_path)))


def test_what_the_log_does_not_tell_is_unknown_in_the_run(tmp_path: Path) -> None:
    run = run_of(tmp_path, [lm_eval_row(0, 1.0)])

    assert (run.responses[0].finish, run.responses[0].token_ends) == ("unknown", None)
    assert (run.spec.decoding.top_p, run.spec.decoding.seed) == (None, None)
    assert run.spec.model.weights is None


def test_no_folder_of_a_machine_is_kept(tmp_path: Path) -> None:
    write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)], model="/home/me/models/base")

    run = run_of_log(read_one(str(tmp_path)))

    assert run.spec.model.name == "base"
    assert "/home/me" not in f"{run.spec}{run.environment}"


def test_a_grader_named_like_one_of_ours_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"id": 0, "strict": 1, "v1.5": 0, "text": "7", "gold": "7"}\n')
    from evalsuite.logs.log import Columns

    log = read_one(str(path), columns=Columns(score=("strict", "v1.5")))

    assert list(task_of(run_of_log(log)).graders)[:3] == ["strict (log)", "v1_5", "strict"]


def test_a_stored_log_comes_back_as_it_was(tmp_path: Path) -> None:
    run = run_of(tmp_path / "log", [lm_eval_row(i, float(i)) for i in range(2)])

    folder = run_folder(tmp_path / "runs", run.spec)
    write_run(folder, run)

    assert load_run(folder) == run


def test_questions_that_another_run_has_in_the_same_places_are_its(tmp_path: Path) -> None:
    rows = [lm_eval_row(i, 1.0) for i in range(3)]
    other = [rows[0], lm_eval_row(5, 1.0, doc_id=1), rows[2]]
    base = run_of_log(read_one(str(write_lm_eval(tmp_path / "a", rows))))
    path = str(write_lm_eval(tmp_path / "b", [{**row, "exact_match": 0.0} for row in rows]))
    changed = str(write_lm_eval(tmp_path / "c", other))

    trained = run_of_log(read_one(path), known=base)

    assert trained.questions is base.questions
    assert trained == run_of_log(read_one(path))
    assert run_of_log(read_one(changed), known=base) == run_of_log(read_one(changed))
