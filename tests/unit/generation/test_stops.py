"""Stop strings: an answer ends with the first one to be completed, whoever generates it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import text_of

from evalsuite.comparing.budgets import cut_response
from evalsuite.generation.batched import BatchedEngine
from evalsuite.generation.engine import Request
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.stops import StopWatch, first_stop
from evalsuite.models.load import LoadedModel, load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding, Response
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from evalsuite.records.run import Question

WHOLE = Decoding(max_new_tokens=96)
GREEDY = replace(WHOLE, stop=(" left", "="))
SAMPLED = replace(GREEDY, temperature=1.0, samples=2, seed=5)


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(resolve("trained"), device="cpu")


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return list(load_questions("embedded")[:24])


def answers(
    engine: SlotEngine | BatchedEngine, questions: list[Question], decoding: Decoding
) -> dict[tuple[str, int], Response]:
    asked = [
        Request(
            question_id=q.id,
            sample=sample,
            prompt=engine.render(messages(load_prompt("plain"), q.text)),
        )
        for q in questions
        for sample in range(decoding.samples)
    ]
    return {(r.question_id, r.sample): r for r in engine.generate(asked, decoding)}


def test_the_first_stop_string_to_be_completed_wins_not_the_first_to_begin() -> None:
    assert first_stop("one two three", ["one two three", "two"]) == 7


def test_a_stop_string_that_began_before_the_known_characters_is_found() -> None:
    assert first_stop("so\n\nQ", ["\n\nQ"], start=4) == 5


def test_a_stop_string_spread_over_tokens_is_noticed_at_its_last(loaded: LoadedModel) -> None:
    ids = loaded.tokenizer("Ann has 3 pens.", add_special_tokens=False)["input_ids"]
    watch = StopWatch(loaded.tokenizer, [loaded.tokenizer.decode(ids)])

    found = [watch.read(i) for i in ids]

    assert len(ids) > 2
    assert found == [None] * (len(ids) - 1) + [len(loaded.tokenizer.decode(ids))]


def test_a_tokenizer_without_a_backend_notices_the_same(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = loaded.tokenizer("Ann has 3 pens and 5 more.", add_special_tokens=False)["input_ids"]
    fast = StopWatch(loaded.tokenizer, [" and"])
    slow = StopWatch(loaded.tokenizer, [" and"])
    slow._backend = None

    assert [slow.read(i) for i in ids] == [fast.read(i) for i in ids]


def test_an_answer_ends_with_the_stop_string_and_says_stop(
    loaded: LoadedModel, questions: list[Question]
) -> None:
    engine = SlotEngine(loaded)
    whole, stopped = (answers(engine, questions, d) for d in (WHOLE, GREEDY))

    ended = 0
    for key, answer in stopped.items():
        end = first_stop(text_of(whole[key]), GREEDY.stop)
        ended += end is not None
        assert answer.text == text_of(whole[key])[:end]
        assert answer.finish == ("stop" if end is not None else whole[key].finish)
    assert ended > 5


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("budget", [1, 7, 20, 40])
def test_cutting_equals_a_real_run_at_the_small_budget(
    loaded: LoadedModel, questions: list[Question], decoding: Decoding, budget: int
) -> None:
    engine = SlotEngine(loaded)
    large = answers(engine, questions, decoding)
    small = answers(engine, questions, replace(decoding, max_new_tokens=budget))

    assert {key: cut_response(r, budget) for key, r in large.items()} == small


def test_the_budget_that_just_holds_the_stop_string_is_enough(
    loaded: LoadedModel, questions: list[Question]
) -> None:
    engine = SlotEngine(loaded)
    answer = answers(engine, questions[:1], replace(WHOLE, stop=(" ",)))[questions[0].id, 0]
    needed = (answer.n_tokens or 0) + 1

    assert cut_response(answer, needed) == answer
    assert cut_response(answer, needed - 1).finish == "length"


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_batch_and_engine_change_no_answer(
    loaded: LoadedModel, questions: list[Question], decoding: Decoding
) -> None:
    expected = answers(SlotEngine(loaded), questions, decoding)

    assert answers(SlotEngine(loaded, batch_size=3), questions, decoding) == expected
    assert answers(BatchedEngine(loaded, batch_size=5), questions, decoding) == expected
