from __future__ import annotations

from dataclasses import replace

import pytest
from report_builders import built
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


@pytest.mark.parametrize("figures", [{}, {"median": 7}, {"median": "x"}, [7], 7])
def test_lengths_in_another_form_are_not_shown(figures: object) -> None:
    comparison = built()[0]
    whole = comparison.diagnostics["lengths"]

    def n_blocks(lengths: object) -> int:
        other = replace(comparison, diagnostics={"lengths": lengths})
        section = budgets(Page(other, words("en")))
        assert section is not None
        return len(section.blocks)

    assert n_blocks(whole | {"base": figures}) == n_blocks(whole) - 1
