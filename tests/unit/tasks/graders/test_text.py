"""Answers that are texts, as the two graders read them."""

from __future__ import annotations

import pytest

from evalsuite.records.run import Question, Response
from evalsuite.tasks.graders.text import TextAnswer, is_right_text, read_answer, read_box
from evalsuite.tasks.grading import grade_response, own_task


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{Paris}",
        r"so \boxed{ paris. }",
        r"\boxed{\text{PARIS}}",
        r"\boxed{Rome} \boxed{Paris}",
    ],
)
def test_the_last_box_is_read_whatever_its_case_and_signs(text: str) -> None:
    assert is_right_text(text, "Paris")


@pytest.mark.parametrize("text", ["Paris", r"\boxed{}", r"\boxed{Paris, Texas}", r"\boxed{Paris"])
def test_everything_else_is_wrong(text: str) -> None:
    assert not is_right_text(text, "Paris")


def test_without_a_box_the_announcement_or_the_last_line_is_read() -> None:
    said = read_answer("The answer is: Paris.\nI am sure.", finished=True)
    last = read_answer("We think.\nParis", finished=True)
    assert said is not None
    assert last is not None
    assert (said.value, last.value, last.span) == ("paris", "paris", (10, 15))
    assert read_answer("We think.\nPar", finished=False) is None
    assert read_box("Paris") is None


@pytest.mark.parametrize(
    ("text", "finished", "value"),
    [
        (r"<think>maybe \boxed{Rome}, or", False, None),
        ("<think>the answer is Rome, but wait\n", False, None),
        ("<think>the answer is Rome</think>The answer is Paris", True, "paris"),
        ("the answer is Rome</think>Paris", True, "paris"),
        ("<think>Rome</think>", True, None),
        ("The answer is Paris. No <think></think> was used.\n", True, "paris. no"),
    ],
)
def test_what_is_thought_is_no_answer(text: str, finished: bool, value: str | None) -> None:
    read = read_answer(text, finished=finished)

    assert (read and read.value) == value
    assert read_box(text) is None


def test_an_announcement_that_the_cut_may_have_shortened_is_not_read() -> None:
    cut, whole = "The answer is New York", "The answer is New York\n"

    assert read_answer(cut, finished=False) is None
    assert [read_answer(cut, finished=True), read_answer(whole, finished=False)] == [
        TextAnswer("New York", 14, 22)
    ] * 2


def test_a_task_of_texts_is_graded_by_both() -> None:
    question = Question(id="q", text="?", gold="New Delhi")
    answer = Response(
        question_id="q", sample=0, text="The answer is new  delhi", token_ends=None, finish="stop"
    )
    grade = grade_response(answer, question, own_task("text:capitals.jsonl"))
    assert grade.scores == {"strict": 0.0, "flexible": 1.0}
    assert grade.readings == {"strict": None, "flexible": "new  delhi"}
    assert own_task("capitals.jsonl").kind == "number"
