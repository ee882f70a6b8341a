from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.errors import InvalidInputError
from evalsuite.logs.lm_eval_rows import is_row, sample_rows

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.lm_eval_rows import SampleRows

STRICT, FLEXIBLE = "strict-match", "flexible-extract"


def rows_of(folder: Path, rows: list[dict[str, Any]]) -> SampleRows:
    write_lm_eval(folder, rows)
    (path,) = folder.glob("samples*.jsonl")
    return sample_rows(path)


def filtered(i: int, score: float, name: str) -> dict[str, Any]:
    return {**lm_eval_row(i, score), "filter": name, "filtered_resps": [f"{i} by {name}"]}


def test_a_row_is_known_by_its_keys() -> None:
    assert is_row(lm_eval_row(0, 1.0))
    assert not is_row({"doc": {}, "metrics": []})


def test_each_filter_is_laid_in_the_order_of_questions_whatever_the_files(tmp_path: Path) -> None:
    rows = [filtered(i, float(i), STRICT) for i in (0, 1)]
    rows += [filtered(i, float(i), FLEXIBLE) for i in (1, 0)]

    read = rows_of(tmp_path, rows)

    assert [entry.native_id for entry in read.entries] == ["0", "1"]
    for name in (STRICT, FLEXIBLE):
        assert [scores["exact_match"] for scores in read.scores(name)] == [0.0, 1.0]
        assert list(read.readings(name)) == [f"0 by {name}", f"1 by {name}"]


def test_a_filter_without_a_row_about_a_question_scored_nothing_of_it(tmp_path: Path) -> None:
    rows = [filtered(0, 1.0, STRICT), filtered(1, 1.0, STRICT), filtered(1, 0.0, FLEXIBLE)]

    read = rows_of(tmp_path, rows)

    assert [dict(scores) for scores in read.scores(FLEXIBLE)] == [{}, {"exact_match": 0.0}]
    assert list(read.readings(FLEXIBLE)) == [None, f"1 by {FLEXIBLE}"]


def test_a_question_twice_in_one_filter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"line 2 gives question 0 .* a second time"):
        rows_of(tmp_path, [filtered(0, 1.0, STRICT), filtered(0, 0.0, STRICT)])
