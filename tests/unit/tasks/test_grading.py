"""A response graded by all graders of its task."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import question, response

from evalsuite.records.run import Task
from evalsuite.tasks.graders.hash import read_hash
from evalsuite.tasks.grading import (
    grade_response,
    grade_text,
    is_boxed,
    numeric_task,
    own_task,
    read_numbers,
)

if TYPE_CHECKING:
    from evalsuite.records.run import Grade

TASK = numeric_task("test")


def graded(text: str | None, *, gold: str | None = "7", **more: Any) -> Grade:
    answer = replace(response(0, text or "", **more), text=text)
    return grade_response(answer, replace(question(0), gold=gold), TASK)


def test_listing_every_number_in_boxes_earns_only_the_last() -> None:
    spam = "".join(rf"\boxed{{{i}}}" for i in range(100))

    assert graded(spam, gold="42").is_right("strict") is False


def test_a_box_before_the_cut_counts() -> None:
    grade = graded(r"\boxed{7} and then I went on and", finish="length")

    assert grade.is_right("strict")


def test_the_span_marks_what_was_read() -> None:
    text = r"so \boxed{7}."
    grade = graded(text)

    assert text[slice(*grade.spans["flexible"])] == "7"
    assert grade.spans["strict"] == grade.spans["flexible"]


@pytest.mark.parametrize(
    "hostile",
    [
        r"\boxed{" * 50_000,
        "{" * 200_000,
        "}" * 200_000,
        r"\boxed{" + "{" * 100_000 + "}" * 100_000 + "}",
        "9" * 200_000,
        "1," * 100_000,
        "-" * 200_000,
        "\x00\ud800" * 100_000,
    ],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    started = time.process_time()
    graded(hostile)
    half = time.process_time() - started

    started = time.process_time()
    graded(hostile * 2)
    whole = time.process_time() - started

    assert whole < 8 * half + 0.5


def test_each_grader_has_its_score_and_reading() -> None:
    grade = graded("The answer is $18.50.", gold="37/2")

    assert grade.scores == {"strict": 0.0, "flexible": 1.0}
    assert grade.readings == {"strict": None, "flexible": "18.5"}
    assert list(grade.spans) == ["flexible"]


@pytest.mark.parametrize(("text", "gold"), [(None, "7"), ("7", None), ("7", "blue")])
def test_without_text_or_gold_nothing_is_right_or_wrong(text: str | None, gold: str | None) -> None:
    grade = graded(text, gold=gold)

    assert grade.scores == {"strict": None, "flexible": None}
    assert grade.is_right("strict") is None


def test_an_end_that_is_not_recorded_is_read_as_a_finished_one() -> None:
    assert graded("it is 7", finish="unknown").is_right("flexible")
    assert graded("it is 7", finish="length").is_right("flexible") is False


def test_a_grader_that_reads_no_text_gives_no_score() -> None:
    """Another tool's own score comes with its log and is not made up here."""
    task = Task(
        name="t", split="s", kind="score", graders={"exact_match": "1"}, decides="exact_match"
    )

    grade = grade_response(response(0, "7"), question(0), task)

    assert (grade.scores, grade.readings) == ({"exact_match": None}, {"exact_match": None})


def test_strict_decides_a_task_of_numbers() -> None:
    assert TASK.decides == "strict"
    assert list(TASK.graders) == ["strict", "flexible"]


@pytest.mark.parametrize(
    ("text", "strict", "flexible", "hashed"),
    [
        ("<think>\\boxed{8} #### 8</think>So \\boxed{7}\n#### 7", 7, 7, 7),
        ("<think>\\boxed{8} #### 8</think>So 7", None, 7, None),
        ("\\boxed{8} #### 8 so</think>\\boxed{7}", 7, 7, None),  # the prompt opened it
        ("<think>it is \\boxed{7} #### 7", None, None, None),  # cut off while thinking
        ("<think>8</think>no number", None, None, None),
        ("<think>a</think>\\boxed{8}<think>hm", 8, 8, None),
        ("\\boxed{7} #### 7. No reasoning in <think></think>.", 7, 7, 7),  # mentions, no thoughts
        ("The word <think> means reason: \\boxed{7}\n#### 7", 7, 7, 7),
        ("Hm</think>Of <think> and </think> I say nothing. \\boxed{7}", 7, 7, None),
    ],
)
def test_what_is_thought_is_not_read(
    text: str, strict: int | None, flexible: int | None, hashed: int | None
) -> None:
    read = read_numbers(text, finished=True) | {"hash": read_hash(text, finished=True)}

    values = [None if number is None else number.value for number in read.values()]

    assert values == [strict, flexible, hashed]


@pytest.mark.parametrize("task", [TASK, own_task("text:capitals.jsonl")])
@pytest.mark.parametrize(
    "text",
    [
        r"so \boxed{7}",
        r"\boxed{7} or 8",
        r"\boxed{7} \boxed{8",
        r"\boxed{blue}",
        r"\boxed{}",
        r"<think>\boxed{7}</think> it is 7",
        r"<think>\boxed{7}",
        "The answer is 7",
        "7",
        "",
    ],
)
def test_what_is_boxed_reads_the_same_ended_or_not(text: str, task: Task) -> None:
    ended = grade_response(response(0, text), replace(question(0), gold="7"), task)
    cut = grade_text(text, "7", task, finished=False)

    is_same = (ended.scores, ended.readings, ended.spans) == cut

    assert is_same or not is_boxed(ended, task)


def test_what_follows_hashes_may_lack_digits_where_a_text_was_cut() -> None:
    task = replace(TASK, graders=TASK.graders | {"hash": "2"})
    ended = grade_response(response(0, r"\boxed{7} #### 7"), replace(question(0), gold="7"), task)

    assert not is_boxed(ended, task)
