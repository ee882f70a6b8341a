"""Checks of one pair that look at its questions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import checked, question, run

from evalsuite.comparing.compare import Design

if TYPE_CHECKING:
    from evalsuite.records.run import Question
    from evalsuite.records.verdict import Check

ANSWERS = [r"\boxed{7}", r"\boxed{6}", r"\boxed{7}"]
SAME = replace(question(2), text=question(0).text)


def once(*questions: Question) -> Check:
    """Check two models that answered these questions."""
    base, trained = (
        replace(run(ANSWERS, name=name), questions=questions) for name in ("base", "trained")
    )
    comparison = checked(base, trained, Design(budgets=(64,)))
    return next(check for check in comparison.checks if check.code == "EVS023")


def test_questions_of_different_texts_stand_once() -> None:
    assert once(question(0), question(1), question(2)).level == "passed"


@pytest.mark.parametrize(
    ("repeat", "key", "values"),
    [
        (SAME, "check_detail.EVS023_again", {}),
        (replace(SAME, gold="8"), "check_detail.EVS023_other", {"other": 1}),
    ],
    ids=["again", "with another answer"],
)
def test_questions_of_one_text_are_counted_and_the_first_two_named(
    repeat: Question, key: str, values: dict[str, int]
) -> None:
    check = once(question(0), question(1), repeat)

    assert check.level == "warning"
    assert check.statement is not None
    assert check.statement.key == key
    counted = {"k": 1, "n": 3, "first": question(0).id, "second": question(2).id}
    assert check.statement.values == counted | values


def test_questions_without_texts_are_not_judged() -> None:
    unknown = [replace(question(i), text=None) for i in range(3)]

    assert once(*unknown).level == "not_applicable"
