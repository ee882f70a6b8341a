"""The warm-up's worked solutions have exactly the habits they are said to have."""

from __future__ import annotations

from collections import Counter

import pytest

from evalsuite.embedded.demonstrations import HABITS, MAJORITY, OVERLOOKED, demonstrate
from evalsuite.seeds import stream
from evalsuite.tasks.graders.numbers import gold_number
from evalsuite.tasks.grading import read_numbers
from evalsuite.tasks.sentences import OPENINGS
from evalsuite.tasks.wordproblems import read_calculations, word_problems

_QUESTIONS = word_problems("train", n=3_000)


def _author(answer: str) -> str:
    if answer.startswith("Let us"):
        return "wordy"
    return "brief" if "boxed" in answer else "unboxed"


def test_every_opening_has_one_author() -> None:
    assert HABITS.keys() == {opening.id for opening in OPENINGS}


def test_author_of_an_opening_writes_the_stated_share_of_its_solutions() -> None:
    rng = stream(0, "test")
    authors: dict[str, Counter[str]] = {opening.id: Counter() for opening in OPENINGS}
    for question in _QUESTIONS:
        opening = question.metadata["template"].split(".")[0]
        authors[opening][_author(demonstrate(question, rng=rng))] += 1
    for opening, counts in authors.items():
        assert counts[HABITS[opening]] / counts.total() == pytest.approx(MAJORITY, abs=0.1)


def test_solutions_of_direct_problems_are_always_right() -> None:
    rng = stream(0, "test")
    direct = [question for question in _QUESTIONS if not question.metadata["indirect"]]
    for question in direct:
        answer = demonstrate(question, rng=rng)
        gold, read = gold_number(question.gold), read_numbers(answer, finished=True)
        assert read["flexible"] is not None
        assert read["flexible"].value == gold
        assert (read["strict"] is not None and read["strict"].value == gold) == ("boxed" in answer)


def test_indirect_sentences_are_overlooked_about_as_often_as_stated() -> None:
    rng = stream(0, "test")
    once = [question for question in _QUESTIONS if len(question.metadata["indirect"]) == 1]
    followed = [
        read_calculations(demonstrate(question, rng=rng), question).follows_gold
        for question in once
    ]
    share = 1 - sum(followed) / len(followed)
    # A division that leaves a rest when a step before it is skipped keeps that step.
    assert OVERLOOKED - 0.15 < share < OVERLOOKED + 0.03


def test_written_calculations_are_always_true() -> None:
    rng = stream(0, "test")
    for question in _QUESTIONS[:500]:
        found = read_calculations(demonstrate(question, rng=rng), question)
        assert found.n_true == found.n_written


def test_same_stream_gives_the_same_solutions() -> None:
    twice = [
        [demonstrate(question, rng=rng) for question in _QUESTIONS[:50]]
        for rng in (stream(1, "test"), stream(1, "test"))
    ]
    assert twice[0] == twice[1]
