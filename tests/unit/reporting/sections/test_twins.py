"""The section on twins: both gains, their tested difference, and no more than was shown."""

from __future__ import annotations

import pytest
from builders import checked
from plan_builders import finished_pair
from report_builders import built

from evalsuite.asking.beside.twins import with_twins
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.verdict import Policy
from evalsuite.reporting.blocks import Grid, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.twins import twins
from evalsuite.reporting.wording import LANGUAGES, words
from evalsuite.verdict.pair import with_verdict

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
DESIGN = Design(budgets=(64,), headline_budget=64, subsets=(), headline_set="full", policy=Policy())


def judged(here: tuple[str, str], there: tuple[str, str]) -> Comparison:
    """Compare a pair, by its base's and its trained's only answer, and its twins."""
    headline = finished_pair(*here)
    base, trained = (each.run for each in headline)
    comparison = with_verdict(checked(base, trained, DESIGN), Policy())
    return with_twins(comparison, headline, finished_pair(*there), CompareSpec())


def shown(comparison: Comparison, lang: str = "en") -> tuple[str, list[list[str]], str]:
    section = twins(Page(comparison, words(lang)))
    assert section is not None
    sentence, grid, moved = section.blocks
    assert isinstance(sentence, Text)
    assert isinstance(grid, Grid)
    assert isinstance(moved, Text)
    cells = [[str(cell) for cell in row.cells] for row in grid.rows]
    return str(sentence.phrase), cells, str(moved.phrase)


def test_without_twins_there_is_no_section() -> None:
    assert twins(Page(built()[0], words("en"))) is None


def test_a_gain_that_other_words_take_away_is_shown_with_its_difference() -> None:
    sentence, (here, there, difference), moved = shown(judged((WRONG, RIGHT), (WRONG, WRONG)))

    assert "smaller in other words" in sentence
    assert here[1:3] == ["0%", "100%"]
    assert there[1:3] == ["0%", "0%"]
    assert here[3].startswith("+100.0 (")
    assert there[3].startswith("0.0 (")
    assert difference[3].startswith("-100.0 (")
    assert difference[4].startswith(("<", "0."))
    assert "larger on 0 twins" in moved


@pytest.mark.parametrize(
    ("here", "there", "words_of_it"),
    [
        ((WRONG, RIGHT), (WRONG, RIGHT), "not shown to be smaller there"),
        ((RIGHT, RIGHT), (WRONG, WRONG), "Too little was shown"),
    ],
)
def test_no_more_is_said_than_the_check_found(
    here: tuple[str, str], there: tuple[str, str], words_of_it: str
) -> None:
    assert words_of_it in shown(judged(here, there))[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_headline_is_the_row_that_decides(lang: str) -> None:
    section = twins(Page(judged((WRONG, RIGHT), (WRONG, WRONG)), words(lang)))

    assert section is not None
    grid = section.blocks[1]
    assert isinstance(grid, Grid)
    assert [row.role for row in grid.rows] == ["headline", "", ""]


def test_the_record_comes_back_from_results_json() -> None:
    comparison = judged((WRONG, RIGHT), (WRONG, WRONG))

    assert from_json(Comparison, to_json(comparison)) == comparison
    assert "twins" not in to_json(built()[0])
