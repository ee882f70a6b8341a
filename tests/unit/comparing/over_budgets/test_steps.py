"""Readings at every budget are those of cutting and grading afresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import READINGS, question, response, run

from evalsuite.comparing.budgets import cut_end, cut_response, ended_within
from evalsuite.comparing.over_budgets.steps import reading_steps, token_widths
from evalsuite.comparing.tabulate import join_tables, tabulate
from evalsuite.seeds import stream
from evalsuite.tasks.grading import grade_response, numeric_task, own_task

if TYPE_CHECKING:
    from evalsuite.comparing.over_budgets.steps import Steps
    from evalsuite.records.paired import ReadingStep
    from evalsuite.records.run import Response, Task

NUMERIC = numeric_task("test")
HASHED = replace(NUMERIC, graders={"hash": "1", "flexible": "2"}, decides="hash")
WORDS = own_task("text:test.jsonl")
MENTIONS = (
    r"\boxed{7} #### 7. No <think></think> or <think> here: \boxed{8}",
    "The answer is 7\nor so</think>\nMy answer: 8, or\nthe answer is 7 of 9\n",
)


def _tokens(text: str, seed: int, **more: object) -> Response:
    """Break a text into tokens of zero to five characters."""
    draw, ends, at = stream(seed, "tokens"), [], 0
    while at < len(text):
        at = min(at + int(draw.integers(6)), len(text))
        ends.append(at)
    return response(0, text, token_ends=tuple(ends), n_tokens=len(ends), **more)  # type: ignore[arg-type]


def _at(steps: Steps, budget: int) -> ReadingStep | None:
    return next((step for step in reversed(steps) if step.max_new_tokens <= budget), None)


@pytest.mark.parametrize("task", [NUMERIC, HASHED, WORDS], ids=["strict", "hash", "text"])
@pytest.mark.parametrize("finish", ["stop", "length", "unknown"])
@pytest.mark.parametrize("text", [*READINGS, *MENTIONS])
@pytest.mark.parametrize("more", [0, 2, -1], ids=["counted", "more", "fewer"])
def test_a_step_says_at_every_budget_what_grading_the_cut_says(
    text: str, finish: str, task: Task, more: int
) -> None:
    for seed in range(4):
        whole = _tokens(text, seed, finish=finish)
        whole = replace(whole, n_tokens=max((whole.n_tokens or 0) + more, 0))
        last = len(whole.token_ends or ()) + 3
        steps = reading_steps(whole, question(0), task, last)
        assert steps is not None
        for budget in range(1, last + 1):
            grade = grade_response(cut_response(whole, budget), question(0), task)
            step = _at(steps, budget)
            read = (False, False, None, None, None)
            if step is not None:
                read = (step.right, step.flexible, step.answer, step.flexible_answer, step.span)  # type: ignore[assignment]
            assert read == (
                grade.is_right(task.decides),
                grade.is_right("flexible"),
                grade.readings[task.decides],
                grade.readings["flexible"],
                grade.spans.get("flexible"),
            ), (budget, seed)


@pytest.mark.parametrize("finish", ["stop", "length", "unknown"])
@pytest.mark.parametrize("text", [*READINGS, *MENTIONS])
def test_the_grade_of_a_whole_response_is_not_read_again(text: str, finish: str) -> None:
    whole = _tokens(text, 1, finish=finish)
    last = len(whole.token_ends or ()) + 1
    grade = grade_response(whole, question(0), NUMERIC)
    other = replace(grade, readings=dict.fromkeys(grade.readings, "taken"))

    steps = reading_steps(whole, question(0), NUMERIC, last, grade=grade)
    marked = reading_steps(whole, question(0), NUMERIC, last, grade=other)

    assert steps == reading_steps(whole, question(0), NUMERIC, last)
    assert (marked or ())[-1].answer == "taken"


def test_steps_end_at_the_largest_budget() -> None:
    whole = response(0, r"so it is \boxed{7}")

    assert reading_steps(whole, question(0), NUMERIC, 17) == ()
    assert len(reading_steps(whole, question(0), NUMERIC, 18) or ()) == 1


@pytest.mark.parametrize(
    "changes", [{"token_ends": None}, {"n_tokens": None}, {"token_ends": (3, 2, 9), "n_tokens": 3}]
)
def test_a_response_whose_tokens_are_not_known_has_no_steps_and_no_widths(
    changes: dict[str, object],
) -> None:
    whole = replace(response(0, r"\boxed{7}"), **changes)  # type: ignore[arg-type]

    assert reading_steps(whole, question(0), NUMERIC, 64) is None
    assert token_widths(whole) is None


def test_a_grader_that_reads_no_text_has_no_steps() -> None:
    theirs = replace(NUMERIC, graders={"exact_match": "lm-eval"}, decides="exact_match")

    assert reading_steps(response(0, "7"), question(0), theirs, 64) is None
    assert reading_steps(response(0, "7"), replace(question(0), gold=None), NUMERIC, 64) is None


def test_widths_give_every_cut_back() -> None:
    wide_tokens = (2, 80, 80, 240, 318)
    wholes = [_tokens(text, 3) for text in READINGS]
    wholes.append(response(0, "x" * 318, token_ends=wide_tokens, n_tokens=len(wide_tokens)))
    for whole in wholes:
        ends, at, wide = [], 0, 0
        for sign in token_widths(whole) or "":
            wide += ord(sign) - 48
            if sign != "~":
                at, wide = at + wide, 0
                ends.append(at)
        assert tuple(ends) == whole.token_ends


def test_joined_tables_hold_the_steps_of_the_whole() -> None:
    base = run(list(READINGS), budget=70)
    whole = tabulate(base, (70,))
    parts = [
        tabulate(
            replace(
                base, questions=base.questions[some], responses=base.responses[some], grades=()
            ),
            (70,),
        )
        for some in (slice(4, None), slice(4))
    ]

    assert join_tables(parts, base).steps == whole.steps


def test_ended_and_cut_agree_with_the_widths() -> None:
    whole = _tokens(READINGS[0], 1)

    for budget in range(1, len(whole.token_ends or ()) + 1):
        assert ended_within(whole, budget) is False
        assert cut_end(whole, budget) == (whole.token_ends or ())[budget - 1]
