from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import read_one
from evalsuite.logs.log import Columns, Log, LogFile
from evalsuite.logs.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path, rows: list[dict[str, Any]], **columns: Any) -> tuple[Log, ...]:
    return read_rows(LogFile(format="rows", path=write(path, rows)), Columns(**columns))


@pytest.mark.parametrize("name", ["log.jsonl", "log.csv", "log.parquet"])
def test_common_names_are_found_in_every_kind_of_table(tmp_path: Path, name: str) -> None:
    rows = [
        {"question_id": f"q{i}", "correct": i % 2 == 0, "response": f"It is {i}", "target": i}
        for i in range(3)
    ]

    (log,) = read(tmp_path / name, rows)

    assert log.graders == ("correct",)
    assert [entry.native_id for entry in log.entries] == ["q0", "q1", "q2"]
    assert [entry.answers[0].scores["correct"] for entry in log.entries] == [1.0, 0.0, 1.0]
    assert log.entries[1].gold == "1"
    assert log.entries[1].answers[0].text == "It is 1"
    assert log.entries[1].answers[0].finish == "unknown"


def test_named_columns_win_and_the_first_score_decides(tmp_path: Path) -> None:
    rows = [{"id": 0, "name": "a", "correct": 1, "mine": 0.5, "yours": 0.25}]

    (log,) = read(tmp_path / "log.jsonl", rows, id="name", score=("mine", "yours"))

    assert log.entries[0].native_id == "a"
    assert log.graders == ("mine", "yours")


def test_repeats_are_counted_from_0_whatever_the_column_counts_from(tmp_path: Path) -> None:
    rows = [{"id": 0, "epoch": epoch, "score": epoch - 1} for epoch in (2, 1)]

    (log,) = read(tmp_path / "log.jsonl", rows)

    assert [(a.sample, a.scores["score"]) for a in log.entries[0].answers] == [(0, 0.0), (1, 1.0)]


def test_repeats_that_are_named_after_their_time_are_told_apart(tmp_path: Path) -> None:
    runs = ("20260101120001", "20260101120000")

    (log,) = read(tmp_path / "log.jsonl", [{"id": 0, "run": r, "score": r[-1:]} for r in runs])

    assert [a.scores["score"] for a in log.entries[0].answers] == [0.0, 1.0]


def test_a_repeat_of_too_many_digits_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"line 1 has sample '20260101120000000'; use"):
        read(tmp_path / "log.jsonl", [{"id": 0, "run": "20260101120000000", "score": 1}])


def test_tasks_and_models_are_parted(tmp_path: Path) -> None:
    rows = [
        {"id": 0, "score": 1, "task": task, "model": model} for task in "ab" for model in ("x", "y")
    ]

    logs = read(tmp_path / "log.csv", rows)

    assert [(log.task, log.model) for log in logs] == [
        ("a", "x"),
        ("a", "y"),
        ("b", "x"),
        ("b", "y"),
    ]


@pytest.mark.parametrize("score", [2, -0.1, "maybe", None, "nan", "inf", 1e999, [1]])
def test_a_score_that_is_no_grade_is_refused_with_its_line(tmp_path: Path, score: Any) -> None:
    rows = [{"id": 0, "score": 1}, {"id": 1, "score": score}]

    with pytest.raises(InvalidInputError, match=r"line 2 has score .* from 0 \(wrong\) to 1"):
        read(tmp_path / "log.jsonl", rows)


def test_an_answer_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"line 2 answers question 0 .*--sample"):
        read(tmp_path / "log.jsonl", [{"id": 0, "score": 1}, {"id": 0, "score": 0}])


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no column 'points'; it has id, score"):
        read(tmp_path / "log.jsonl", [{"id": 0, "score": 1}], score=("points",))


@pytest.mark.parametrize("row", [{"score": 1}, {"id": 0, "text": "x"}])
def test_a_table_without_ids_or_without_grades_is_refused(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError, match=r"--id|--score"):
        read(tmp_path / "log.jsonl", [row])


def test_a_row_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("id,score\n0,1\n1\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="line 3 has other columns"):
        read_rows(LogFile(format="rows", path=path), Columns())


def test_the_same_id_with_another_question_is_another_document(tmp_path: Path) -> None:
    first, second = (
        read(tmp_path / "log.jsonl", [{"id": 0, "score": 1, "question": text}])[0]
        for text in ("a?", "b?")
    )

    assert first.entries[0].document != second.entries[0].document


def test_questions_given_as_a_log_are_told_how_to_be_asked(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"question": "1+1?", "answer": "2"}\n', encoding="utf-8")

    with pytest.raises(InvalidInputError) as error:
        read_one(str(path))

    assert error.value.clause.parted({})[1].startswith(f"ask its questions with --task {path}, ")
