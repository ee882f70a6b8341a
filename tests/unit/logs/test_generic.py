from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import question, text_of

from evalsuite.errors import InvalidInputError
from evalsuite.logs.generic import ImportedLog, grades_of, read_answers

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = tuple(question(i) for i in range(4))


def read(path: Path, rows: list[dict[str, Any]], **more: Any) -> ImportedLog:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    fields: dict[str, Any] = {
        "name": "m",
        "task": "test",
        "split": "test",
        "prompt": "p",
        "max_new_tokens": 64,
    }
    return read_answers(path, QUESTIONS, **(fields | more))


def test_rows_are_matched_by_id_and_stored_in_the_order_of_the_data(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "q-2", "text": r"\boxed{7}"},
        {"id": 0, "response": "8", "finish": "stop"},
    ]

    run = read(tmp_path / "log.jsonl", rows).run

    assert [r.question_id for r in run.responses] == ["q-0", "q-2"]
    assert [g.is_right("strict") for g in grades_of(run)] == [False, True]


def test_a_missing_stop_reason_is_unknown_never_finished(tmp_path: Path) -> None:
    imported = read(tmp_path / "log.jsonl", [{"id": 0, "text": "7"}])

    assert imported.run.responses[0].finish == "unknown"
    assert any("truncation can't be judged" in note for note in imported.notes)


@pytest.mark.parametrize(
    ("written", "finish"),
    [("max_tokens", "length"), ("eos", "stop"), ("EOS", "stop"), ("end_turn", "stop")],
)
def test_stop_reasons_of_other_tools_are_understood(
    tmp_path: Path, written: str, finish: str
) -> None:
    rows = [{"id": 0, "text": "7", "finish_reason": written}]

    assert read(tmp_path / "log.jsonl", rows).run.responses[0].finish == finish


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"id": 0, "text": "7"}, {"id": 0, "text": "8"}], "more than once"),
        ([{"id": 99, "text": "7"}], "question 99, which the task does not have"),
        ([{"id": "x", "text": "7"}], "question 'x'"),
        ([{"id": 0}], "no text"),
        ([{"id": 0, "text": "7", "n_tokens": "many"}], "n_tokens 'many'"),
        ([], "no answers"),
        (
            [{"id": 0, "text": "7"}, {"id": 0, "text": "7", "sample": 1}, {"id": 1, "text": "7"}],
            "make the number of samples equal",
        ),
    ],
)
def test_a_bad_log_is_one_clear_error(
    tmp_path: Path, rows: list[dict[str, Any]], complaint: str
) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        read(tmp_path / "log.jsonl", rows)


@pytest.mark.parametrize("line", ["{", "[1]", "[" * 100_000, '"text"'])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(line + "\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="line 1 is not"):
        read_answers(path, QUESTIONS, name="m", task="t", split="s", prompt="p", max_new_tokens=64)


def test_disagreement_with_the_logs_own_grades_is_said(tmp_path: Path) -> None:
    rows = [{"id": 0, "text": "no box, 7", "strict": True, "finish": "stop"}]

    notes = read(tmp_path / "log.jsonl", rows).notes

    assert "strict: the log counts 1 right, this grader 0" in notes


def test_question_texts_can_stay_out(tmp_path: Path) -> None:
    run = read(tmp_path / "l.jsonl", [{"id": 0, "text": "7"}], keep_question_texts=False).run

    assert run.questions[0].text is None
    assert run.questions[0].gold == "7"
    assert run.questions[0].sha256 == QUESTIONS[0].sha256


def test_what_an_answer_repeats_of_its_question_is_masked_with_the_question(tmp_path: Path) -> None:
    long_question = replace(
        QUESTIONS[0], text="A farmer has seven sheep and buys not a single one more today."
    )
    answer = f"The task: {long_question.text} So it is \\boxed{{7}}. {long_question.text}"
    path = tmp_path / "l.jsonl"
    path.write_text(json.dumps({"id": 0, "text": answer}) + "\n", encoding="utf-8")

    run = read_answers(
        path,
        (long_question,),
        name="m",
        task="t",
        split="s",
        prompt="p",
        max_new_tokens=64,
        keep_question_texts=False,
    ).run

    masked = text_of(run.responses[0])
    assert "farmer" not in masked
    assert len(masked) == len(answer)
    assert next(grades_of(run)).is_right("strict")


def test_token_ends_make_an_import_cuttable(tmp_path: Path) -> None:
    rows = [{"id": 0, "text": "1234567", "finish": "stop"}]

    run = read(tmp_path / "l.jsonl", rows, token_ends=lambda t: tuple(range(1, len(t) + 1))).run

    assert run.responses[0].token_ends == (1, 2, 3, 4, 5, 6, 7)
    assert run.responses[0].n_tokens == 7


@pytest.mark.parametrize("sample", [1e999, None, "x", True, -1, 10**30, [], 1.5])
def test_a_sample_that_is_no_whole_number_is_refused(tmp_path: Path, sample: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"line 1 has sample .*whole number"):
        read(tmp_path / "log.jsonl", [{"id": 0, "text": "7", "sample": sample}])
