"""The answer told alone is the one that a report opens with, and brings no section with it."""

from __future__ import annotations

from dataclasses import fields

import pytest
from loaded_modules import loaded_by
from report_builders import built

from evalsuite.reporting.opening.opening import Opening, opening_of
from evalsuite.reporting.page import page_of
from evalsuite.reporting.view import report_view


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("table", [(40, 4, 40, 16), (10, 9, 12, 20), (10, 0, 20, 30)])
def test_a_report_opens_with_the_answer_that_is_told_alone(
    lang: str, table: tuple[int, int, int, int]
) -> None:
    comparison, _ = built(table)

    alone, report = opening_of(page_of(comparison, lang=lang)), report_view(comparison, lang=lang)

    assert alone.headline
    for field in fields(Opening):
        assert getattr(alone, field.name) == getattr(report, field.name)


def test_the_answer_needs_none_of_the_reports_sections() -> None:
    loaded = loaded_by(
        "import evalsuite.reporting.outputs.terminal, evalsuite.reporting.page, "
        "evalsuite.reporting.opening.opening"
    )

    assert "evalsuite.reporting.opening.opening" in loaded
    beyond = ("evalsuite.reporting.sections.", "evalsuite.reporting.view")
    assert not [module for module in loaded if module.startswith(beyond)]
