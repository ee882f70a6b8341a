"""Questions of a training: what is trained on, held out, and held against the test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import HeldOut, TrainSpec
from evalsuite.reporting.wording import words
from evalsuite.tasks.questions import load_questions, questions_sha256
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.questions.splits import (
    held_out_task,
    split_questions,
    warmed_on,
    warmup_questions,
)

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
    assert "60 test questions" in words("en").tell(check.notice)
    assert len(check.lines.splitlines()) == 60


def test_without_a_test_nothing_is_claimed(mine: Path) -> None:
    check = split_questions(spec_of(mine)).contamination(spec_of(mine))
    assert check.found is None
    assert check.notice.key == "training_notice.unchecked"


def test_generated_test_questions_are_no_copies_of_those_trained_on() -> None:
    spec = TrainSpec(model=MODEL, n_questions=50)
    found = split_questions(spec).contamination(spec).found
    assert found is not None
    assert (found.exact, found.n_test, found.generated) == (0, 1_319, True)


def test_own_questions_are_not_generated_whatever_they_are_held_against(mine: Path) -> None:
    spec = spec_of(mine, test="embedded")
    found = split_questions(spec).contamination(spec).found
    assert found is not None
    assert not found.generated


def warmed(folder: Path, spec: TrainSpec, n: int) -> TrainSpec:
    """Let a training start from a model that was warmed up for it."""
    questions = warmup_questions(spec, n)
    told = {"n": len(questions), "sha256": questions_sha256(questions)}
    manifest = {"kind": "warmup", "task": spec.task, "questions": told}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return replace(spec, model=replace(MODEL, location=str(folder)))


def test_what_the_embedded_base_was_made_of_is_held_against_the_test_too() -> None:
    spec = TrainSpec(model=resolve("embedded:base"), n_questions=50, question_seed=1)
    found = split_questions(spec).contamination(spec).found
    assert found is not None
    assert (found.exact, found.n_train, found.generated) == (0, 20_050, True)
    own = (
        split_questions(replace(spec, model=MODEL)).contamination(replace(spec, model=MODEL)).found
    )
    assert own is not None
    assert own.overlapping < found.overlapping
    start = Path(spec.model.location)
    assert warmed_on(start) is warmed_on(start)  # a training of many seeds draws them once


def test_what_a_warm_up_trained_on_is_held_against_the_test_too(mine: Path, tmp_path: Path) -> None:
    spec = warmed(tmp_path, spec_of(mine, n_questions=10, test=str(mine)), 40)
    found = split_questions(spec).contamination(spec).found
    assert found is not None
    assert (found.exact, found.n_train) == (40, 40)


def test_a_warm_up_for_another_split_leaves_contamination_unknown(
    mine: Path, tmp_path: Path
) -> None:
    spec = warmed(tmp_path, spec_of(mine, test=str(mine)), 40)
    other = replace(spec, n_questions=10, heldout=HeldOut(questions=5))
    check = split_questions(other).contamination(other)
    assert check.found is None
    assert "for what m was warmed up on can't be told" in words("en").tell(check.notice)


@pytest.mark.parametrize("n", [None, 10])
def test_a_warm_up_sees_no_question_that_is_watched_or_held_out(mine: Path, n: int | None) -> None:
    spec = spec_of(mine, n_questions=n, test_share=0.3, heldout=HeldOut(questions=5))
    splits = split_questions(spec)
    ids = [question.id for question in warmup_questions(spec, 1_000)]
    assert len(ids) + len(splits.watched) + len(splits.tested) == 60
    assert not {q.id for q in (*splits.watched, *splits.tested)} & set(ids)
    assert ids[: len(splits.candidates)] == [q.id for q in splits.candidates]


@pytest.mark.parametrize("watch", [None, HeldOut(questions=5)])
def test_a_warm_up_takes_the_first_problems_of_the_embedded_task(watch: HeldOut | None) -> None:
    spec = TrainSpec(model=MODEL, n_questions=20, heldout=watch)
    watched = {question.id for question in split_questions(spec).watched}
    every = [q.id for q in word_problems("train", n=40) if q.id not in watched]

    assert [question.id for question in warmup_questions(spec, 10)] == every[:10]


def test_a_warm_up_longer_than_the_embedded_split_takes_all_of_it() -> None:
    assert len(warmup_questions(TrainSpec(model=MODEL), 25_000)) == 20_000


def test_a_test_beside_a_share_held_out_is_refused(mine: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"--hold-out 0.3 name two tests"):
        split_questions(spec_of(mine, test=str(mine), test_share=0.3))


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
