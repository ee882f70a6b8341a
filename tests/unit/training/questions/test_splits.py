"""Questions of a training: what is trained on, held out, and held against the test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import HeldOut, TrainSpec
from evalsuite.tasks.questions import load_questions
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.questions.splits import held_out_task, split_questions

if TYPE_CHECKING:
    from pathlib import Path

MODEL = ModelSpec(name="m", source="folder", location="m")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Write a file of own questions with columns of other names."""
    path = tmp_path / "mine.jsonl"
    rows = [{"problem": q.text, "solution": q.gold} for q in word_problems("train", n=60)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def spec_of(mine: Path, **changes: Any) -> TrainSpec:
    columns = {"question": "problem", "answer": "solution"}
    return TrainSpec(model=MODEL, task=str(mine), columns=columns, **changes)


def test_what_is_held_out_is_written_as_a_task_and_never_trained_on(
    mine: Path, tmp_path: Path
) -> None:
    spec = spec_of(mine, test_share=0.3, heldout=HeldOut(questions=5))
    splits = split_questions(spec)
    splits.write_tested(tmp_path)
    again = load_questions(held_out_task(spec, tmp_path) or "")

    assert [(q.id, q.text, q.gold) for q in again] == [
        (q.id, q.text, q.gold) for q in splits.tested
    ]
    parts = [splits.candidates, splits.watched, splits.tested]
    assert sum(map(len, parts)) == len({q.id for part in parts for q in part}) == 60


def test_a_named_test_is_looked_for(mine: Path) -> None:
    check = split_questions(spec_of(mine)).contamination(spec_of(mine, test=str(mine)))
    assert check.found is not None
    assert (check.found.exact, check.found.n_test) == (60, 60)
    assert "60 test questions" in check.sentence
    assert len(check.lines.splitlines()) == 60


def test_without_a_test_nothing_is_claimed(mine: Path) -> None:
    check = split_questions(spec_of(mine)).contamination(spec_of(mine))
    assert check.found is None
    assert check.sentence.startswith("contamination: not checked, for no test is named")


def test_generated_test_questions_are_no_copies_of_those_trained_on() -> None:
    spec = TrainSpec(model=MODEL, n_questions=50)
    found = split_questions(spec).contamination(spec).found
    assert found is not None
    assert (found.exact, found.n_test) == (0, 1_319)


@pytest.mark.parametrize("share", [0.0001, 0.9999])
def test_a_share_that_leaves_nothing_is_refused(mine: Path, share: float) -> None:
    with pytest.raises(InvalidInputError, match="choose another --hold-out"):
        split_questions(spec_of(mine, test_share=share))


def test_texts_stay_texts_in_what_is_held_out(tmp_path: Path) -> None:
    path = tmp_path / "capitals.jsonl"
    rows = [{"question": f"Capital of country {i}?", "answer": f"City {i}"} for i in range(20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    spec = TrainSpec(model=MODEL, task=f"text:{path}", test_share=0.4)
    splits = split_questions(spec)
    splits.write_tested(tmp_path)
    task = held_out_task(spec, tmp_path)
    assert task == f"text:{tmp_path / 'heldout.jsonl'}"
    assert {q.gold for q in load_questions(task)} == {q.gold for q in splits.tested}
