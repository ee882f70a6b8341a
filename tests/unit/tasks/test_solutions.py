"""Worked solutions: the gold text without its marks, the answer in a box."""

from __future__ import annotations

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.run import Question
from evalsuite.tasks.questions import worked_solution
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.rewards import correct, gold_of, well_formatted


@pytest.mark.parametrize("question", word_problems("dev", n=40), ids=lambda q: q.id)
def test_solution_of_a_word_problem_earns_the_full_reward(question: Question) -> None:
    text = worked_solution(question)
    assert correct(text, gold_of(question)) == well_formatted(text) == 1.0
    assert "<<" not in text
    assert "####" not in text


def test_decimal_and_negative_answers_are_boxed_as_plain_numbers() -> None:
    for gold, written in (("-7/2", "-3.5"), ("1080", "1080")):
        question = Question(id="q", text="?", gold=gold, gold_text=f"So it is.\n#### {written}")
        assert worked_solution(question).endswith(f"\\boxed{{{written}}}")


@pytest.mark.parametrize("gold_text", ["", "7", "#### 7", "  \n#### 7"])
def test_question_without_a_worked_solution_is_refused_with_the_way_out(gold_text: str) -> None:
    question = Question(id="q7", text="?", gold="7", gold_text=gold_text)
    with pytest.raises(InvalidInputError, match=r"q7 has no worked solution.*--warmup self"):
        worked_solution(question)
