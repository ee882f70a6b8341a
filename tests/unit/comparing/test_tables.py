"""Tables for notebooks: every record a row, every field a column."""

from __future__ import annotations

from dataclasses import replace

import builders
import pytest

from evalsuite.comparing.tables import answer_table, as_table
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import BudgetRow, BudgetSide, Interval


def test_questions_become_rows_with_exact_golds_as_text() -> None:
    table = as_table([builders.question(0), builders.question(1, gold=-3)])

    assert table["id"].tolist() == ["q-0", "q-1"]
    assert table["gold"].tolist() == ["7", "-3"]


def test_records_inside_records_become_columns() -> None:
    side = BudgetSide(accuracy=0.5, truncated=1, right_although_truncated=0)
    row = BudgetRow(
        max_new_tokens=300,
        n=2,
        base=side,
        trained=replace(side, accuracy=1.0),
        losses=0,
        gains=1,
        gain=0.5,
        interval=Interval(low=-0.2, high=0.9),
        exact=1.0,
    )

    table = as_table([row])

    assert table["trained.accuracy"].tolist() == [1.0]
    assert table["interval.low"].tolist() == [-0.2]


def test_no_record_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no record"):
        as_table([])


def test_answers_are_shown_as_both_graders_read_them() -> None:
    questions = [builders.question(i) for i in range(4)]
    responses = [
        builders.response(0, r"So \boxed{7}."),
        builders.response(1, "It is 7."),
        builders.response(2, "It is 7.", finish="length"),
        builders.response(3, r"So \boxed{8}."),
    ]

    table = answer_table(questions, responses)

    assert table["right"].tolist() == [True, False, False, False]
    assert table["answer"].tolist() == ["7", None, None, "8"]
    assert table["last_number"].tolist() == ["7", "7", None, "8"]
    assert table["finish"].tolist() == ["stop", "stop", "length", "stop"]
    assert set(table["gold"]) == {"7"}


def test_answers_stand_beside_their_own_question_in_any_order() -> None:
    questions = [builders.question(i) for i in range(2)]
    responses = [builders.response(1, "b"), builders.response(0, "a")]

    table = answer_table(questions, responses)

    assert table["question"].tolist() == [questions[1].text, questions[0].text]
    assert table["response"].tolist() == ["b", "a"]


def test_an_answer_to_another_question_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="q-9 is not among the questions"):
        answer_table([builders.question(0)], [builders.response(9, "x")])


def test_no_answer_gives_a_table_without_rows() -> None:
    table = answer_table([builders.question(0)], [])

    assert len(table) == 0
    assert "right" in table.columns
