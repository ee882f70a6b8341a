from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import question, response, run

from evalsuite.comparing.budgets import cut_response, ended_within
from evalsuite.comparing.tabulate import tabulate
from evalsuite.errors import InvalidInputError
from evalsuite.tasks.grading import grade_response, numeric_task

if TYPE_CHECKING:
    from evalsuite.records.run import Response


def is_right(answer: Response, grader: str) -> bool | None:
    return grade_response(answer, question(0), numeric_task("test")).is_right(grader)


def test_the_end_token_counts_as_a_token() -> None:
    """Seven characters are seven tokens; the end token is the eighth."""
    answer = response(0, "1234567")

    assert ended_within(answer, 8) is True
    assert ended_within(answer, 7) is False
    assert ended_within(answer, None) is True


def test_an_answer_of_exactly_the_budget_is_whole_but_cut_off() -> None:
    cut = cut_response(response(0, "1234567"), 7)

    assert cut.text == "1234567"
    assert cut.finish == "length"


def test_a_cut_keeps_the_tokens_of_the_budget() -> None:
    cut = cut_response(response(0, "1234567"), 3)

    assert (cut.text, cut.n_tokens, cut.token_ends) == ("123", 3, (1, 2, 3))


def test_a_budget_beyond_the_answer_changes_nothing() -> None:
    finished, unfinished = response(0, "123"), response(0, "123", finish="length")

    assert cut_response(finished, 4) is finished
    assert cut_response(unfinished, 3) is unfinished


def test_an_answer_without_token_ends_cannot_be_cut() -> None:
    with pytest.raises(InvalidInputError, match="no token ends"):
        cut_response(response(0, "1234567", token_ends=None), 3)


def test_an_unknown_end_stays_unknown() -> None:
    assert ended_within(response(0, "1", finish="unknown"), 100) is None


def test_a_short_answer_of_unknown_end_is_not_said_to_be_cut_off() -> None:
    answer = response(0, "it is 7", finish="unknown")

    assert cut_response(answer, 8) is answer
    assert ended_within(answer, 8) is None
    assert is_right(cut_response(answer, 8), "flexible")


def test_an_answer_longer_than_the_budget_had_not_ended_whatever_its_end_was() -> None:
    answer = response(0, "it is 7", finish="unknown")

    assert ended_within(answer, 7) is ended_within(answer, 3) is False
    assert (cut_response(answer, 3).text, cut_response(answer, 3).finish) == ("it ", "length")


def test_the_last_number_of_a_cut_text_is_noise() -> None:
    whole = response(0, "I think 7 and")

    assert is_right(whole, "flexible")
    assert not is_right(cut_response(whole, 10), "flexible")


def test_a_box_before_the_cut_is_right_although_cut_off() -> None:
    cut = cut_response(response(0, r"\boxed{7} and so on"), 12)

    assert cut.finish == "length"
    assert is_right(cut, "strict")


def test_cutting_a_whole_run_equals_running_at_the_small_budget() -> None:
    texts = [r"\boxed{7}", "long words " + r"\boxed{7}", "7", r"\boxed{8}"]
    large, small = run(texts, budget=64), 12

    cut = tabulate(large, (small,))
    direct = run(
        [t[:small] for t in texts],
        finishes=["stop" if len(t) + 1 <= small else "length" for t in texts],
        budget=small,
    )

    whole = tabulate(direct)
    assert [r.text for r in cut.responses] == [r.text for r in whole.responses]
    assert [r.finish for r in cut.responses] == [r.finish for r in whole.responses]
    assert cut.grades == whole.grades


def test_regrading_is_idempotent() -> None:
    base = run([r"\boxed{7}", "8"])

    assert tabulate(base).grades == tabulate(replace(base), (64,)).grades == base.grades
