from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.errors import NotComparableError
from evalsuite.logs.detect import read_one
from evalsuite.logs.identity import match_questions, narrowed, score_bounds
from evalsuite.logs.runs import run_of_log

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.identity import Match
    from evalsuite.records.run import Run

GRADER = "exact_match,strict-match"


@pytest.fixture
def base(tmp_path: Path) -> Run:
    return run_of(tmp_path / "base", [lm_eval_row(i, float(i % 2)) for i in range(4)])


def run_of(folder: Path, rows: list[dict[str, Any]]) -> Run:
    write_lm_eval(folder, rows)
    return run_of_log(read_one(str(folder)))


def match(base: Run, trained: Run, *, allow_missing: bool = False) -> Match:
    return match_questions(base, trained, allow_missing=allow_missing)


def test_documents_are_matched_whatever_their_order_and_number(tmp_path: Path, base: Run) -> None:
    rows = [lm_eval_row(i, 1.0, doc_id=3 - i) for i in range(4)]

    trained = run_of(tmp_path / "t", rows)

    assert match(base, trained).shared == {"3": "0", "2": "1", "1": "2", "0": "3"}


def test_the_same_number_with_another_document_is_a_changed_one(tmp_path: Path, base: Run) -> None:
    rows = [lm_eval_row(i, 1.0) for i in range(4)]
    rows[2]["doc_hash"] = "other"

    with pytest.raises(NotComparableError, match=r"1 questions have the same number .* \(2\)"):
        match(base, run_of(tmp_path / "t", rows), allow_missing=True)


def test_the_same_document_with_another_gold_is_refused(tmp_path: Path, base: Run) -> None:
    rows = [lm_eval_row(i, 1.0) for i in range(4)]
    rows[1]["target_hash"] = "other"

    with pytest.raises(NotComparableError, match=r"another gold answer \(1\)"):
        match(base, run_of(tmp_path / "t", rows))


def test_missing_questions_are_counted_and_named(tmp_path: Path, base: Run) -> None:
    trained = run_of(tmp_path / "t", [lm_eval_row(i, 1.0) for i in (1, 2, 3, 8)])

    with pytest.raises(NotComparableError, match=r"2 questions are in one log only \(0, 8\)"):
        match(base, trained)
    shared = match(base, trained, allow_missing=True)
    assert (shared.base_only, shared.trained_only) == (("0",), ("8",))


def test_logs_that_share_nothing_are_refused(tmp_path: Path, base: Run) -> None:
    trained = run_of(tmp_path / "t", [lm_eval_row(i, 1.0) for i in (8, 9)])

    with pytest.raises(NotComparableError, match="share no question"):
        match(base, trained, allow_missing=True)


def test_equal_documents_are_told_apart_by_their_order(tmp_path: Path) -> None:
    rows = [lm_eval_row(i, 1.0, doc_hash="same", target_hash="same") for i in range(2)]
    twice = run_of(tmp_path / "a", rows)

    assert match(twice, twice).shared == {"0": "0", "1": "1"}


def test_of_equal_documents_those_that_are_left_over_are_named(tmp_path: Path) -> None:
    rows = [lm_eval_row(i, 1.0, doc_hash="same", target_hash="same") for i in range(3)]
    thrice, twice = run_of(tmp_path / "a", rows), run_of(tmp_path / "b", rows[:2])

    assert match(thrice, twice, allow_missing=True).base_only == ("2",)
    assert match(twice, thrice, allow_missing=True).trained_only == ("2",)


def test_a_narrowed_run_has_only_what_is_left_under_its_new_names(base: Run) -> None:
    run = narrowed(base, {"3": "x", "1": "y"})

    assert [question.id for question in run.questions] == ["x", "y"]
    assert {r.question_id for r in run.responses} == {g.question_id for g in run.grades}
    assert run.spec.question_ids == ("x", "y")
    assert run.spec.questions_sha256 != base.spec.questions_sha256


def test_the_bounds_are_those_of_every_completion(tmp_path: Path, base: Run) -> None:
    """Fill the missing answers in every way: the sums lie between the bounds and reach them."""
    trained = run_of(tmp_path / "t", [lm_eval_row(i, float(i == 8)) for i in (2, 3, 8, 9)])
    shared = match(base, trained, allow_missing=True)
    # base is wrong on 0 and right on 1; trained right on 8 and wrong on 9
    sums = [
        (a - 0) + (b - 1) + (1 - c) + (0 - d)
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for d in (0, 1)
    ]

    assert score_bounds(base, trained, shared, GRADER) == (min(sums), max(sums))


def test_an_unknown_score_has_no_bounds(tmp_path: Path, base: Run) -> None:
    trained = run_of(tmp_path / "t", [lm_eval_row(i, 1.0) for i in (1, 2, 3)])
    ungraded = replace(base, grades=tuple(replace(g, scores={}) for g in base.grades))
    shared = match(ungraded, trained, allow_missing=True)

    assert score_bounds(ungraded, trained, shared, GRADER) is None
