"""The section on all of base: what decides, what does not, and what both are about."""

from __future__ import annotations

import pytest
from report_builders import built

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.gains import Interval, WholeBase
from evalsuite.records.verdict import Policy
from evalsuite.reporting.outputs.terminal import render_ending
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.whole_base import whole_base
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import LANGUAGES, words
from evalsuite.verdict.pair import with_verdict

RECORD = WholeBase(
    n=60,
    n_whole=1319,
    base=0.4,
    base_elsewhere=0.45,
    slope=0.61,
    gain=0.31,
    interval=Interval(low=0.2, high=0.42),
    interval_on_split=Interval(low=0.21, high=0.41),
    exact=0.0004,
    worth=88,
    confidence_level=0.95,
)


def judged() -> Comparison:
    return with_verdict(built(whole_base=RECORD)[0], Policy())


def test_a_pair_on_the_same_questions_has_no_section() -> None:
    assert whole_base(Page(built()[0], words("en"))) is None


def test_the_first_screen_says_that_it_stands_beside_the_verdict() -> None:
    told = {code: str(text) for code, text in report_view(judged()).qualifiers}

    assert told["whole_base"] == (
        "With base's answers to all 1,319 questions: +31.0 points (20.0 to 42.0; p = 0.0004) on "
        "questions like these. It stands beside the verdict, which rests on the 60 questions that "
        "both answered."
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_sets_what_decides_beside_both_estimates(lang: str) -> None:
    section = whole_base(Page(judged(), words(lang)))

    assert section is not None
    grid = section.blocks[1]
    assert [row.role for row in grid.rows] == ["headline", "", ""]  # type: ignore[union-attr]
    cells = [str(cell) for row in grid.rows for cell in row.cells]  # type: ignore[union-attr]
    assert any("+31.0" in cell and "21.0" in cell for cell in cells)


def test_it_says_how_many_questions_the_rest_of_base_is_worth() -> None:
    section = whole_base(Page(judged(), words("en")))

    assert section is not None
    assert "about 88 questions" in str(section.blocks[0].phrase)  # type: ignore[union-attr]


def test_a_record_comes_back_from_results_json() -> None:
    comparison = judged()

    assert from_json(Comparison, to_json(comparison)) == comparison
    assert "whole_base" not in to_json(built()[0])


def test_the_terminal_never_only_counts_what_was_asked_for() -> None:
    assert "all 1,319" in render_ending(report_view(judged()), {}, width=100)
