"""Answers that show a finding, from the tables TRL writes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from evalsuite.records.training import Diagnosis
from evalsuite.training.failures.answers import WrittenAnswer, choose_answers, with_answers

if TYPE_CHECKING:
    from pathlib import Path


def row(text: str, question: str = "q", step: int = 2, **rewards: float) -> WrittenAnswer:
    return WrittenAnswer(step=step, question=question, text=text, rewards=rewards)


def texts(code: str, *last: WrittenAnswer) -> list[str]:
    first = [row("early", step=1, correct=0.0)]
    return [answer.text for answer in choose_answers(code, first, last)]


def test_format_only_is_shown_by_wrong_answers_in_form() -> None:
    rows = (
        row("right", correct=1.0, format=1.0),
        row("no form", correct=0.0, format=0.0),
        row("form", correct=0.0, format=1.0),
    )
    assert texts("format_only", *rows) == ["form", "no form"]


def test_no_signal_is_shown_by_a_group_of_equal_outcomes() -> None:
    mixed = [row("a", "mixed", correct=0.0), row("b", "mixed", correct=1.0)]
    same = [row("c", "same", correct=0.0), row("d", "same", correct=0.0)]
    assert texts("no_signal", *mixed, *same) == ["c", "d"]


def test_collapse_is_shown_by_answers_that_are_alike() -> None:
    assert texts("collapsed", row("x"), row("y"), row("y")) == ["y", "y"]


def test_length_is_shown_by_the_longest_of_both_ends() -> None:
    assert texts("lengthened", row("a"), row("a long one")) == ["early", "a long one"]


@pytest.mark.parametrize("code", ["healthy", "unknown"])
def test_what_no_answer_shows_has_none(code: str) -> None:
    assert texts(code, row("x")) == []


def test_answers_come_from_the_tables_beside_the_log(tmp_path: Path) -> None:
    (tmp_path / "completions").mkdir()
    table = pa.table(
        {
            "step": [7, 7],
            "prompt": [[{"role": "user", "content": "?"}]] * 2,
            "completion": [[{"role": "assistant", "content": text}] for text in ("x" * 900, "y")],
            "correct": [0.0, 0.0],
            "advantage": [0.0, 0.0],
        }
    )
    parquet.write_table(table, tmp_path / "completions" / "completions_00007.parquet")
    finding = Diagnosis(code="cut_off", level="warning")
    (shown,) = with_answers([finding], tmp_path)
    assert (shown.answers[0].step, shown.answers[0].rewards) == (7, {"correct": 0.0})
    assert " [...] " in shown.answers[0].text
    assert with_answers([finding], tmp_path / "elsewhere") == (finding,)


def test_a_table_that_can_not_be_read_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "completions").mkdir()
    (tmp_path / "completions" / "completions_00001.parquet").write_bytes(b"torn")
    finding = Diagnosis(code="cut_off", level="warning")
    assert with_answers([finding], tmp_path)[0].answers == ()


def test_without_pyarrow_a_finding_keeps_its_lines_and_shows_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "completions").mkdir()
    (tmp_path / "completions" / "completions_00001.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    finding = Diagnosis(code="cut_off", level="warning")
    assert with_answers([finding], tmp_path) == (finding,)
