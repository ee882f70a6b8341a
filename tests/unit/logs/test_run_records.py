from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalsuite.logs.log import Entry, LoggedAnswer
from evalsuite.logs.run_records import answers_to, grades_of, questions_of, responses_of
from evalsuite.records.packed import Packed, packed
from evalsuite.records.run import Task
from evalsuite.tasks.grading import NUMERIC_GRADERS

if TYPE_CHECKING:
    from evalsuite.records.run import Finish

MANY = 2500
"""More than are held as they came."""


def entries(
    n: int, *, samples: int = 1, finish: Finish = "unknown", score: str = "acc"
) -> Packed[Entry]:
    return packed(Entry, (entry(i, samples, finish, score) for i in range(n)))


def entry(i: int, samples: int, finish: Finish, score: str) -> Entry:
    answers = tuple(
        LoggedAnswer(
            sample=sample,
            text=f"The answer is {i + sample}",
            finish=finish,
            scores={score: 0.0} if sample else {},
            readings={score: f"read {i}"} if i % 2 else {},
        )
        for sample in range(samples)
    )
    return Entry(
        native_id=f"q{i}",
        document=f"{i:064x}",
        target=None if i % 3 else "t",
        prompt=None,
        text=f"What is {i}?",
        gold=f"So it is.\n#### {i}" if i % 5 else "five",
        answers=answers,
        scores={score: 1.0, "other": 0.5},
    )


@pytest.mark.parametrize("n", [4, MANY])
def test_a_question_has_its_gold_as_a_number_where_it_is_one(n: int) -> None:
    questions = questions_of(entries(n), ())

    assert len(questions) == n
    assert (questions[0].gold, questions[0].gold_text) == ("five", "")
    assert (questions[3].gold, questions[3].gold_text) == ("3", "So it is.\n#### 3")
    assert questions[0].metadata == {"document": f"{0:064x}", "target": "t"}
    assert questions[1].metadata == {"document": f"{1:064x}"}
    assert questions_of(entries(n), questions) is questions


@pytest.mark.parametrize("n", [4, MANY])
@pytest.mark.parametrize("samples", [1, 3])
def test_every_answer_is_a_response_in_the_order_of_questions(n: int, samples: int) -> None:
    answers = answers_to(entries(n, samples=samples), is_whole=False, is_choice=False)

    responses = responses_of(answers)

    asked = [(i, sample) for i in range(n) for sample in range(samples)]
    assert [(r.question_id, r.sample, r.text, r.finish) for r in responses] == [
        (f"q{i}", sample, f"The answer is {i + sample}", "unknown") for i, sample in asked
    ]
    assert {(r.token_ends, r.n_tokens, r.finish_source) for r in responses} == {
        (None, None, "recorded")
    }


def test_what_was_chosen_by_its_likelihood_was_not_cut_off() -> None:
    chosen = answers_to(entries(4), is_whole=False, is_choice=True)
    cut = answers_to(entries(4, finish="length"), is_whole=False, is_choice=True)

    assert [response.finish for response in responses_of(chosen)] == ["stop"] * 4
    assert [response.finish for response in responses_of(cut)] == ["length"] * 4


def test_answers_that_one_score_is_about_are_one_response() -> None:
    answers = answers_to(entries(4, samples=2), is_whole=True, is_choice=False)

    assert answers.samples == 1
    assert responses_of(answers)[3].text == "[1 of 2]\nThe answer is 3\n\n[2 of 2]\nThe answer is 4"


@pytest.mark.parametrize("n", [6, MANY])
def test_an_answer_is_graded_by_the_log_and_by_ours(n: int) -> None:
    graders = {"acc (log)": "as logged", **NUMERIC_GRADERS}
    task = Task(name="t", split="", kind="number", graders=graders, decides="acc (log)")
    answers = answers_to(entries(n, samples=2), is_whole=False, is_choice=False)

    grades = grades_of(answers, {"acc": "acc (log)"}, task)

    assert [(g.question_id, g.sample) for g in grades][:3] == [("q0", 0), ("q0", 1), ("q1", 0)]
    # what is told of an answer stands over what is told of its question
    assert [grade.scores["acc (log)"] for grade in grades] == [1.0, 0.0] * n
    assert "other" not in grades[0].scores
    assert [grades[i].scores["flexible"] for i in (2, 3)] == [1.0, 0.0]
    assert grades[0].scores["flexible"] is None  # its gold is no number
    assert grades[2].readings["acc (log)"] == "read 1"
    assert "acc (log)" not in grades[0].readings
    assert grades[2].readings["flexible"] == "1"
