"""Asking one model a few questions: order, budgets, messages as they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import text_of

from evalsuite.asking.ask import ask
from evalsuite.errors import InvalidInputError, UnknownModelError
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.tasks.wordproblems import word_problems

if TYPE_CHECKING:
    from evalsuite.models.load import LoadedModel

LONG = "Kim has 12 pens. Kim buys 5 more. Then Kim gives 3 to a friend. How many pens are left?"
SHORT = "Kim has 12 pens. How many?"


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(resolve("base"), device="cpu")


def test_answers_come_back_in_the_order_asked(loaded: LoadedModel) -> None:
    together = ask(loaded, [SHORT, LONG, SHORT], max_new_tokens=64)
    alone = ask(loaded, [LONG], max_new_tokens=64)[0]

    assert [r.question_id for r in together] == ["1", "2", "3"]
    assert together[1].text == alone.text
    assert together[0].text == together[2].text != alone.text


def test_a_task_s_question_keeps_its_id(loaded: LoadedModel) -> None:
    questions = word_problems("test", n=3)

    assert [r.question_id for r in ask(loaded, questions, max_new_tokens=8)] == [
        q.id for q in questions
    ]


def test_a_small_budget_cuts_off_and_says_so(loaded: LoadedModel) -> None:
    whole = ask(loaded, [LONG], max_new_tokens=128)[0]
    cut = ask(loaded, [LONG], max_new_tokens=5)[0]

    assert (whole.finish, cut.finish, cut.n_tokens) == ("stop", "length", 5)
    assert text_of(whole).startswith(text_of(cut))


def test_full_messages_are_sent_as_they_are(loaded: LoadedModel) -> None:
    text = ask(loaded, [LONG], max_new_tokens=32)
    messages = ask(loaded, [[{"role": "user", "content": LONG}]], max_new_tokens=32)

    assert messages == text


def test_a_system_message_leads_every_text(loaded: LoadedModel) -> None:
    system = "Answer 7, whatever is asked."
    by_option = ask(loaded, [LONG], max_new_tokens=32, system=system)
    by_hand = ask(
        loaded,
        [[{"role": "system", "content": system}, {"role": "user", "content": LONG}]],
        max_new_tokens=32,
    )

    assert by_option == by_hand
    assert by_option != ask(loaded, [LONG], max_new_tokens=32)


def test_a_model_may_be_given_by_name(loaded: LoadedModel) -> None:
    assert ask("base", [SHORT], max_new_tokens=16) == ask(loaded, [SHORT], max_new_tokens=16)


def test_no_question_gets_no_answer(loaded: LoadedModel) -> None:
    assert ask(loaded, [], max_new_tokens=16) == ()


@pytest.mark.parametrize(
    ("questions", "budget", "words"),
    [
        ([SHORT], 0, "below 1"),
        (SHORT, 16, "put it in a list"),
        ([[]], 16, "no message"),
        ([[{"role": "user"}]], 16, "no chat message"),
        ([[{"role": "oracle", "content": "x"}]], 16, "no chat message"),
    ],
)
def test_impossible_requests_are_refused_before_a_model_is_loaded(
    questions: list[str], budget: int, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        ask("no-such-model", questions, max_new_tokens=budget)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownModelError):
        ask("no-such-model", [SHORT], max_new_tokens=16)


def test_samples_stand_side_by_side_and_repeat_with_their_seed(loaded: LoadedModel) -> None:
    drawn = [
        ask(loaded, [SHORT, LONG], max_new_tokens=32, samples=4, temperature=1.0, seed=seed)
        for seed in (3, 3, 4)
    ]

    assert [(r.question_id, r.sample) for r in drawn[0]] == [
        (question, sample) for question in ("1", "2") for sample in range(4)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({r.text for r in drawn[0]}) > 2


def test_samples_that_would_all_be_the_same_are_refused(loaded: LoadedModel) -> None:
    with pytest.raises(InvalidInputError, match="set a temperature above 0"):
        ask(loaded, [SHORT], max_new_tokens=8, samples=4)
