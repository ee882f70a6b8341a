from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from format_builders import ROWS
from loaded_modules import loaded_by

from evalsuite.logs.known import format_of, log_formats
from evalsuite.logs.log import FORMATS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_format_has_one_record() -> None:
    assert tuple(each.name for each in log_formats()) == FORMATS
    assert [format_of(name).name for name in FORMATS] == list(FORMATS)


@pytest.mark.parametrize("form", ROWS)
def test_a_line_is_known_by_its_own_format_alone(form: str) -> None:
    named = {"episode": "verifiers", "byob": "nemo-evaluator"}.get(form, form)

    assert [
        each.name for each in log_formats() if each.is_line and each.is_line(ROWS[form](0))
    ] == [named]


def test_no_table_has_the_columns_of_two_formats() -> None:
    columns = [each.columns for each in log_formats() if each.columns]

    assert [(a, b) for a in columns for b in columns if a is not b and a <= b] == []


def test_a_log_of_lm_eval_is_found_without_the_other_readers(tmp_path: Path) -> None:
    row = {"doc_id": 0, "doc": {}, "metrics": [], "resps": [["7"]], "filtered_resps": ["7"]}
    (tmp_path / "samples_made_2026.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    loaded = loaded_by(
        "from evalsuite.logs.detect import find_files\n"
        f"assert [f.format for f in find_files({str(tmp_path)!r})] == ['lm-eval']"
    )

    assert "evalsuite.logs.lm_eval" in loaded
    others = ("formats.others", "inspect_log", "lighteval", "logs.rows")
    assert not [module for module in loaded if module.endswith(others)]
