"""Generated problems: right golds, fixed splits, nothing shared between them."""

from __future__ import annotations

import hashlib
import itertools
import re
from fractions import Fraction
from typing import Any

import pytest
from builders import text_of

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.contamination import find_contamination
from evalsuite.tasks.graders.numbers import parse_gold
from evalsuite.tasks.sentences import CHANGES, OPENINGS, QUESTIONS, TWINS
from evalsuite.tasks.wordproblems import steps_of, template_split, twins, word_problems

_CALCULATE = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def test_test_split_is_fixed_to_1319_problems_with_these_texts() -> None:
    """Changing a sentence changes the benchmark: then raise GENERATOR_VERSION and this hash."""
    problems = word_problems("test")
    joined = "\n".join(f"{q.id}\t{q.text}\t{q.gold}" for q in problems)
    assert len(problems) == 1_319
    assert hashlib.sha256(joined.encode()).hexdigest()[:16] == "09100b043511a7a4"


def test_gold_is_what_the_gold_steps_calculate_in_exact_arithmetic() -> None:
    for question in word_problems("train", n=2_000):
        for step in question.gold_steps:
            match = re.fullmatch(r"(\d+)([-+*/])(\d+)=(\d+)", step)
            assert match
            left, operator, right, result = match.groups()
            assert _CALCULATE[operator](Fraction(left), Fraction(right)) == Fraction(result)
        assert Fraction(question.gold or "") == Fraction(question.gold_steps[-1].split("=")[1])
        assert parse_gold(question.gold_text) == Fraction(question.gold or "")


def test_each_step_starts_from_the_result_of_the_step_before() -> None:
    for question in word_problems("train", n=2_000):
        steps = steps_of(question)
        for before, after in itertools.pairwise(steps):
            assert after.left == before.result


def test_every_drawn_number_is_written_in_the_question() -> None:
    """A problem can be solved from its text: half, twice and third stand for 2, 2 and 3."""
    words = {2: r"half|twice|doubles", 3: r"third|tripled"}
    for question in word_problems("train", n=500):
        first, *_ = steps_of(question)
        assert re.search(rf"\b{first.left}\b", text_of(question))
        for step in steps_of(question):
            written = rf"\b{step.right}\b|" + words.get(step.right, r"(?!)")
            assert re.search(written, text_of(question))


def test_splits_share_no_template_and_no_text() -> None:
    splits = {name: word_problems(name) for name in ("train", "dev", "test")}
    templates = {k: {q.metadata["template"] for q in v} for k, v in splits.items()}
    texts = {k: {q.text for q in v} for k, v in splits.items()}
    for one, other in (("train", "test"), ("train", "dev"), ("dev", "test")):
        assert not templates[one] & templates[other]
        assert not texts[one] & texts[other]


def test_texts_and_ids_of_a_split_are_unique() -> None:
    problems = word_problems("test")
    assert len({q.text for q in problems}) == len({q.id for q in problems}) == 1_319


def test_a_shorter_split_is_the_beginning_of_the_longer_one() -> None:
    assert word_problems("test", n=20) == word_problems("test")[:20]


def test_same_seed_gives_the_same_problems_and_another_seed_other_ones() -> None:
    assert word_problems("train", n=50, seed=3) == word_problems("train", n=50, seed=3)
    first = {q.text for q in word_problems("train", n=50, seed=3)}
    second = {q.text for q in word_problems("train", n=50, seed=4)}
    assert not first & second


def test_template_in_metadata_names_the_split_the_problem_belongs_to() -> None:
    for split in ("train", "dev", "test"):
        for question in word_problems(split, n=100):
            assert template_split(question.metadata["template"]) == split
            assert question.metadata["steps"] == len(question.gold_steps)


@pytest.mark.parametrize(
    ("split", "n", "seed"),
    [("test", 1_320, 0), ("test", None, 1), ("train", 0, 0), ("valid", None, 0)],
)
def test_impossible_requests_are_refused_with_the_rule(
    split: Any, n: int | None, seed: int
) -> None:
    with pytest.raises(InvalidInputError, match=r"test|train|split"):
        word_problems(split, n=n, seed=seed)


def test_twins_keep_numbers_and_steps_and_share_no_long_passage_with_any_training() -> None:
    problems = word_problems("test", n=200)
    worded = twins(problems)
    assert [q.gold for q in worded] == [q.gold for q in problems]
    assert [q.gold_steps for q in worded] == [q.gold_steps for q in problems]
    assert [q.id for q in worded[:2]] == ["wp-twin-0001", "wp-twin-0002"]
    assert all("{" not in (q.text or "{") for q in worded)
    found, _ = find_contamination(word_problems("train", n=3000), worded, name="twins")
    assert (found.exact, found.overlapping) == (0, 0)


def test_every_sentence_has_a_twin() -> None:
    sentences = (*OPENINGS, *CHANGES, *QUESTIONS)
    assert {each.id for each in sentences} == set(TWINS)
    assert all(TWINS[each.id] != each.text for each in sentences)
