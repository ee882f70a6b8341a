"""The dry check: ten answers, what each earns, and a warning for every hack that pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.cli.terminal.training_notices import NoticeLines
from evalsuite.records.verdict import Statement
from evalsuite.reporting.outputs import inert
from evalsuite.reporting.wording import words
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
        "right_with_work",
        "right_box",
    ]


@pytest.mark.parametrize(
    ("function", "hack"),
    [
        (lambda completions, **_: [len(t) for t in _texts(completions)], "idle_sums"),
        (lambda completions, **_: [t.count("boxed") for t in _texts(completions)], "fifty_boxes"),
        (lambda completions, **_: ["=" not in t for t in _texts(completions)], "empty"),
        (
            lambda completions, ground_truth, **_: [
                f"boxed{{{g}}}" in t for t, g in zip(_texts(completions), ground_truth, strict=True)
            ],
            "fifty_boxes",
        ),
        (lambda completions, **_: ["boxed" in t for t in _texts(completions)], "sum_in_a_box"),
    ],
)
def test_a_hack_that_pays_as_much_as_the_right_answer_is_named(
    function: Callable[..., Any], hack: str
) -> None:
    warnings = _check(function).warnings
    assert Statement(key=f"reward_check.answer_{hack}") in [w.values["answer"] for w in warnings]


def _nearly(share: float) -> dict[str, str]:
    """Pay the empty answer a share of what a right one earns; give each warning's key."""
    check = _check(
        lambda completions, **_: [
            share if not text else float("boxed" in text and "+" not in text)
            for text in _texts(completions)
        ]
    )
    return {str(w.values["answer"]): w.key for w in check.warnings}


def test_a_hack_that_pays_nearly_as_much_as_the_right_answer_is_named_as_such() -> None:
    empty = str(Statement(key="reward_check.answer_empty"))
    assert _nearly(1.0)[empty] == "reward_check.hack"
    assert _nearly(0.95)[empty] == "reward_check.near"
    assert empty not in _nearly(0.85)


def test_a_reward_that_pays_everything_alike_teaches_nothing() -> None:
    check = _check(lambda completions, **_: [1] * len(completions))
    assert check.warnings == (Statement(key="reward_check.alike", values={"paid": 1}),)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_shows_each_column_and_the_weighted_total(
    lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = OwnReward(name="m:own", function=lambda completions: [None] * len(completions), sha256="")
    columns, weights = reward_columns("binary", group_size=4, gate="none", limit=64, seed=0)
    check = check_rewards(
        [*columns, own], [*weights, 0.5], _QUESTION, prompt="boxed", tokenize=lambda _: [1]
    )
    NoticeLines(lang)(check)
    head, first, *rest = capsys.readouterr().err.splitlines()
    tell = words(lang).text
    assert head.split()[-3:] == ["correct", "own", tell("reward_check.total")]
    assert first.split()[-3:] == ["1", tell("reward_check.none"), "1"]
    assert len({inert.columns(line) for line in (head, first, *rest[:9])}) == 1


def test_what_a_check_warns_of_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    NoticeLines()(_check(lambda completions, **_: ["boxed" in t for t in _texts(completions)]))
    assert "warning: 'sum in a box' earns 1, as much as the right answer (1): a model may" in (
        capsys.readouterr().err
    )
