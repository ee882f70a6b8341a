"""Rows of own questions: each fault is told by its line, with what stands there and the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"question": "Tom has 9 pens and loses 2. How many has he?", "answer": "7"}


def refused(folder: Path, *rows: object, task: str = "", head: str = "") -> tuple[str, str]:
    """Read a file of rows; give what is wrong, without the file's path, and the way out."""
    path = folder / "own.jsonl"
    path.write_text(head + "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(InvalidInputError) as error:
        load_questions(f"{task}{path}")
    what, way = error.value.clause.parted({})
    return what.replace(f"{path} ", ""), way


@pytest.mark.parametrize(
    ("row", "what", "way"),
    [
        (
            {"question": "?", "respuesta": "2"},
            "line 3 has no 'answer' (it has question, respuesta)",
            "--columns answer=NAME",
        ),
        (
            {"Question": "?", "answers": "2"},
            "line 3 has no 'question' (it has Question, answers)",
            "--columns question=Question,answer=answers",
        ),
        (
            {"problem": "?", "solution": "2"},
            "line 3 has no 'question' (it has problem, solution)",
            "--columns question=NAME,answer=NAME",
        ),
        ({}, "line 3 has no 'question' (it has no keys)", "--columns"),
        ({"question": [1], "answer": 1}, "line 3 has [1] in 'question', which is no text", "write"),
        ({"question": "?", "answer": None}, "line 3 has nothing in 'answer'", "add its right"),
        ({"question": "?", "answer": " "}, "line 3 has nothing in 'answer'", "add its right"),
        (
            {"question": "?", "answer": "3/4"},
            "line 3 has '3/4' in 'answer', which is read as no number",
            "write one such as 7 or 0.75",
        ),
        (
            {"question": "?", "answer": True},
            "line 3 has True in 'answer', which is read as no number",
            "write one",
        ),
    ],
)
def test_a_row_is_told_by_its_line_with_what_it_has(
    tmp_path: Path, row: object, what: str, way: str
) -> None:
    """A blank line is passed over and counted."""
    told = refused(tmp_path, GOOD, row, head="\n")

    assert told[0] == what
    assert way in told[1]


def test_a_long_value_is_told_by_its_beginning(tmp_path: Path) -> None:
    what, _ = refused(tmp_path, {"question": "?", "answer": "no " * 5000})

    assert len(what) < 200


def test_a_text_answer_may_be_anything_but_a_list(tmp_path: Path) -> None:
    what, _ = refused(tmp_path, {"question": "?", "answer": ["a"]}, task="text:")

    assert what == "line 1 has ['a'] in 'answer', which is no text"


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([[GOOD]], "line 1 is not an object with question and answer, but a list"),
        (["?"], "line 1 is not an object with question and answer, but a single value"),
    ],
)
def test_a_file_of_another_form_is_told_what_a_line_holds(
    tmp_path: Path, rows: list[object], what: str
) -> None:
    told = refused(tmp_path, *rows)

    assert told[0] == what
    assert told[1].startswith('write one a line, such as {"question": ')


@pytest.mark.parametrize(
    ("head", "way"),
    [("question,answer\n", "write one JSON object a line"), (f"{json.dumps(GOOD)}\n{{\n", "mend")],
)
def test_a_table_is_another_form_and_a_torn_line_is_one_line(
    tmp_path: Path, head: str, way: str
) -> None:
    assert refused(tmp_path, GOOD, head=head)[1].startswith(way)


def test_the_same_question_with_another_right_answer_is_refused(tmp_path: Path) -> None:
    other = {**GOOD, "answer": 8}

    what, _ = refused(tmp_path, {**GOOD, "answer": "7.0"}, GOOD, other, other)

    assert what.startswith("line 3 asks the same as ")
    assert what.endswith("line 1 and has another right answer, '8' instead of '7' (2 such in all)")


def test_the_same_question_with_the_same_right_answer_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n" * 2, encoding="utf-8")

    assert [question.id for question in load_questions(str(path))] == ["own-0", "own-1"]


def test_a_mark_of_the_byte_order_and_an_empty_id_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(f"\ufeff{json.dumps({**GOOD, 'id': None})}\r\n", encoding="utf-8")

    (question,) = load_questions(str(path))

    assert (question.id, question.gold) == ("own-0", "7")


@pytest.mark.parametrize(
    ("written", "way"),
    [
        ("QUESTION.jsonl", "did you mean {folder}/questions.jsonl?"),
        ("question.json", "did you mean {folder}/questions.jsonl?"),
        ("smart.jsonl", "check the path"),
        ("", "that is a folder: name the file in it"),
    ],
)
def test_a_path_without_a_file_has_its_way_out(tmp_path: Path, written: str, way: str) -> None:
    (tmp_path / "questions.jsonl").touch()

    with pytest.raises(InvalidInputError) as error:
        load_questions(f"{tmp_path}/{written}")

    assert error.value.clause.parted({})[1] == way.format(folder=tmp_path)


def test_a_home_folder_that_no_shell_wrote_out_is_told() -> None:
    with pytest.raises(InvalidInputError, match="write the home folder out"):
        load_questions("~/questions.jsonl")
