"""What the judge refuses before any training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.training import JudgeCallback


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every is 0"),
        ({"max_new_tokens": 0}, "max_new_tokens 0"),
        ({"confidence_level": 95}, "use a share such as 0.95"),
        ({"questions": 2_000}, "embedded has 1319 in test"),
        ({"questions": 0}, "0 questions were asked for"),
        ({"questions": ()}, "no question"),
        ({"prompt": "nowhere.txt"}, "nowhere.txt"),
        ({"split": "all"}, "split 'all'"),
    ],
)
def test_what_can_not_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        JudgeCallback("embedded", **options)


def test_several_processes_are_refused() -> None:
    judge = JudgeCallback("embedded", questions=3)
    with pytest.raises(InvalidInputError, match="in one process"):
        judge.on_train_begin(SimpleNamespace(world_size=2), SimpleNamespace(), None)


def test_questions_are_the_seeded_subset_in_the_order_of_the_split() -> None:
    judge, again = (JudgeCallback("embedded", questions=20) for _ in range(2))
    ids = [question.id for question in judge._questions]
    assert ids == sorted(ids) == [question.id for question in again._questions]
    assert judge.curve.n_questions == 20


def test_the_package_offers_the_judge_and_nothing_else() -> None:
    import evalsuite.training

    with pytest.raises(AttributeError, match="no attribute 'Judge'"):
        evalsuite.training.Judge  # noqa: B018  the access is the test
