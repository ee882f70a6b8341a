"""The dry check: ten answers, what each earns, and a warning for every hack that pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.own_rewards.check import RewardCheck, check_rewards
from evalsuite.training.own_rewards.functions import OwnReward
from evalsuite.training.reward_columns import reward_columns

if TYPE_CHECKING:
    from collections.abc import Callable

_QUESTION = word_problems("train", n=1)[0]


def _check(function: Callable[..., Any]) -> RewardCheck:
    own = OwnReward(name="mine.py:own", function=function, sha256=None)
    return check_rewards([own], [1.0], _QUESTION, prompt="plain", tokenize=lambda t: [0] * len(t))


def _texts(completions: list[Any]) -> list[str]:
    return [completion[0]["content"] for completion in completions]


@pytest.mark.parametrize("rewards", ["binary", "formatted", "shaped"])
def test_ours_pay_right_answers_most_and_warn_of_nothing(rewards: str) -> None:
    columns, weights = reward_columns(rewards, group_size=4, gate="none", limit=64, seed=0)
    check = check_rewards(
        columns, weights, _QUESTION, prompt="plain", tokenize=lambda t: [0] * len(t)
    )
    assert check.warnings == ()
    assert len(check.payments) == 10
    assert [p.answer for p in check.payments if p.is_right] == [
        "right, with work",
        "right box, no work",
    ]


@pytest.mark.parametrize(
    ("function", "hack"),
    [
        (lambda completions, **_: [len(t) for t in _texts(completions)], "true but idle sums"),
        (lambda completions, **_: [t.count("boxed") for t in _texts(completions)], "fifty boxes"),
        (lambda completions, **_: ["=" not in t for t in _texts(completions)], "empty"),
        (
            lambda completions, ground_truth, **_: [
                f"boxed{{{g}}}" in t for t, g in zip(_texts(completions), ground_truth, strict=True)
            ],
            "fifty boxes",
        ),
        (lambda completions, **_: ["boxed" in t for t in _texts(completions)], "sum in a box"),
    ],
)
def test_a_hack_that_pays_as_much_as_the_right_answer_is_named(
    function: Callable[..., Any], hack: str
) -> None:
    warnings = _check(function).warnings
    assert any(repr(hack) in warning for warning in warnings), warnings


def test_a_reward_that_pays_everything_alike_teaches_nothing() -> None:
    check = _check(lambda completions, **_: [1] * len(completions))
    assert check.warnings == ("every answer earns 1, so nothing can be learned from it",)


def test_the_table_shows_each_column_and_the_weighted_total() -> None:
    own = OwnReward(name="m:own", function=lambda completions: [None] * len(completions), sha256="")
    columns, weights = reward_columns("binary", group_size=4, gate="none", limit=64, seed=0)
    check = check_rewards(
        [*columns, own], [*weights, 0.5], _QUESTION, prompt="boxed", tokenize=lambda _: [1]
    )
    head, first, *_ = check.lines()
    assert head.split()[-3:] == ["correct", "own", "total"]
    assert first.split()[-3:] == ["1", "none", "1"]
