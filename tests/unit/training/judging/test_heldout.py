"""Held-out questions: never trained on, and enough of them."""

from __future__ import annotations

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import HeldOut, TrainSpec
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.judging.heldout import hold_out
from evalsuite.training.questions.splits import load_training_questions

_QUESTIONS = word_problems("train", n=30)
_MODEL = ModelSpec(name="m", source="folder", location="m")


def test_questions_after_those_trained_on_are_held_out() -> None:
    trained_on, held_out = hold_out(_QUESTIONS, n_questions=20, watch=HeldOut(questions=5))
    assert (trained_on, held_out) == (_QUESTIONS[:20], _QUESTIONS[20:25])


def test_without_a_number_all_but_the_last_are_trained_on() -> None:
    trained_on, held_out = hold_out(_QUESTIONS, n_questions=None, watch=HeldOut(questions=5))
    assert (trained_on, held_out) == (_QUESTIONS[:25], _QUESTIONS[25:])


@pytest.mark.parametrize("n", [None, 26, 30])
def test_split_too_small_for_both_is_refused(n: int | None) -> None:
    watch = HeldOut(questions=30 if n is None else 5)
    with pytest.raises(InvalidInputError, match="30 questions, too few to hold out"):
        hold_out(_QUESTIONS, n_questions=n, watch=watch)


def test_holding_out_changes_nothing_about_the_first_questions() -> None:
    plain = TrainSpec(model=_MODEL, n_questions=12)
    watched = TrainSpec(model=_MODEL, n_questions=12, heldout=HeldOut(questions=4))
    assert load_training_questions(plain) == load_training_questions(watched)


@pytest.mark.parametrize("sizes", [{"questions": 0}, {"every": 0}])
def test_sizes_below_one_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError, match="use 1 or more"):
        HeldOut(**sizes)
