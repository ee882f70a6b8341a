from __future__ import annotations

from dataclasses import replace
from typing import Any

from report_builders import built

from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.changed import changed
from evalsuite.reporting.wording import words


def figure_of(comparison: Any, rows: Any = None) -> Any:
    section = changed(Page(comparison, words("en"), rows=rows))
    assert section is not None
    return section.blocks[0]


def test_the_paired_table_sums_to_all_questions() -> None:
    comparison, _ = built((20, 4, 12, 16))

    cells = [[str(cell) for cell in row.cells] for row in figure_of(comparison).grid.rows]

    assert cells == [
        ["base right", "20", "4", "24"],
        ["base wrong", "12", "16", "28"],
        ["total", "32", "20", "52"],
    ]


def test_the_title_says_how_many_were_fixed_for_each_one_broken() -> None:
    some, none = built((20, 4, 12, 16))[0], built((20, 0, 12, 16))[0]

    assert "3.0 fixed for each one broken" in str(figure_of(some).title)
    assert str(figure_of(none).title) == "Training fixed 12 questions and broke 0"


def test_counts_lead_to_the_questions_where_these_are_at_hand() -> None:
    comparison, rows = built()

    def links(figure: Any) -> set[str | None]:
        return {cell.pieces[0].href for row in figure.grid.rows[:2] for cell in row.cells[1:3]}

    assert links(figure_of(comparison, rows)) == {
        "#f=both-right",
        "#f=broken",
        "#f=fixed",
        "#f=both-wrong",
    }
    assert links(figure_of(comparison)) == {None}


def test_several_answers_a_question_are_tested_by_question() -> None:
    comparison, _ = built()
    sampled = replace(comparison, seeds=replace(comparison.seeds, samples=4))

    section = changed(Page(sampled, words("en")))

    assert section is not None
    note: Any = section.blocks[-1]
    assert "flips the sign of whole questions" in str(note.phrase)
