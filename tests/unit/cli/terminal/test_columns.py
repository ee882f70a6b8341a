from __future__ import annotations

import pytest

from evalsuite.cli.terminal.columns import aligned, labelled, padded
from evalsuite.reporting.outputs.inert import columns


@pytest.mark.parametrize("text", ["", "base", "训练前", "n 题"])
def test_a_padded_text_takes_the_columns_it_was_given(text: str) -> None:
    assert columns(padded(text, 8)) == 8
    assert padded(text, 8).rstrip() == text


def test_what_is_too_long_stays_whole() -> None:
    assert padded("训练前", 3) == "训练前"
    assert aligned("训练前", ["100"], [3, 2]) == "  训练前100"


def test_rows_of_both_languages_end_in_the_same_columns() -> None:
    rows = [aligned(*row, [10, 8, 8]) for row in (("结果不同", ["新答错", "p"]), ("1", ["2", "3"]))]

    assert {columns(row) for row in rows} == {28}


def test_what_is_told_begins_in_the_same_column_behind_every_label() -> None:
    lines = [labelled(label, "x") for label in ("cut off", "截断", "结论")]

    assert {columns(line) for line in lines} == {13}
