from __future__ import annotations

from dataclasses import replace

from suite_builders import suite_of_answers

from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.budgets import budgets
from evalsuite.reporting.wording import words


def test_each_task_has_its_own_budget_and_what_it_cut_off() -> None:
    record = suite_of_answers(((20, 2, 30, 8), (20, 3, 3, 34)))
    first, second = record.comparisons
    unknown = replace(second.truncation, base=None, trained=None)
    second = replace(second, headline_budget=None, truncation=unknown)

    section = budgets(Page(replace(record, comparisons=(first, second)), words("en")))

    assert section is not None
    (grid,) = section.blocks
    rows = [[str(cell) for cell in row.cells] for row in grid.rows]  # type: ignore[union-attr]
    assert rows[0][:2] == ["adding test", "64"]
    assert rows[0][2].endswith("%")
    assert rows[1] == ["taking test", "–", "–", "–"]
