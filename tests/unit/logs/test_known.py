from __future__ import annotations

import pytest
from format_builders import ROWS

from evalsuite.logs.known import KNOWN, format_of
from evalsuite.logs.log import FORMATS


def test_every_format_has_one_record() -> None:
    assert tuple(each.name for each in KNOWN) == FORMATS
    assert [format_of(name).name for name in FORMATS] == list(FORMATS)


@pytest.mark.parametrize("form", ROWS)
def test_a_line_is_known_by_its_own_format_alone(form: str) -> None:
    named = {"episode": "verifiers", "byob": "nemo-evaluator"}.get(form, form)

    assert [each.name for each in KNOWN if each.is_line and each.is_line(ROWS[form](0))] == [named]


def test_no_table_has_the_columns_of_two_formats() -> None:
    columns = [each.columns for each in KNOWN if each.columns]

    assert [(a, b) for a in columns for b in columns if a is not b and a <= b] == []
