from __future__ import annotations

from dataclasses import replace

import pytest
from passes_builders import sampled_pair, sharpened
from verdict_builders import of

from evalsuite.records.comparison import StoppedEarly
from evalsuite.reporting.blocks import Grid, Plot
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.passes import passes
from evalsuite.reporting.wording import words


def test_one_sample_a_question_has_no_section() -> None:
    assert passes(Page(of(1, 2, 3, 4), words("en"))) is None


@pytest.mark.parametrize(("lang", "word"), [("en", "Sharpened: +"), ("zh", "磨尖：")])
def test_the_figure_says_what_is_established(lang: str, word: str) -> None:
    section = passes(Page(sharpened(), words(lang)))

    assert section is not None
    plot = section.blocks[0]
    assert isinstance(plot, Plot)
    assert str(plot.title).startswith(word)
    assert len(plot.grid.rows) >= 4


def test_nothing_established_is_said_as_that() -> None:
    section = passes(Page(sampled_pair([4, 0, 8], [4, 1, 7]), words("en")))

    assert section is not None
    plot = section.blocks[0]
    assert isinstance(plot, Plot)
    assert "neither sharpened nor widened nor narrowed is established" in str(plot.title)


def test_questions_that_one_model_alone_solves_are_listed_with_their_chance() -> None:
    section = passes(Page(sharpened(), words("en")))

    assert section is not None
    grid = section.blocks[-1]
    assert isinstance(grid, Grid)
    assert len(grid.rows) == 20
    assert str(grid.rows[0].cells[3]).startswith("fixed: ")


def test_a_run_that_looks_stopped_has_no_section() -> None:
    stopped = StoppedEarly(
        n=120, n_planned=200, reason="improved", saved_answers=80, pvalue=0.01, e_value=100.0
    )

    assert passes(Page(replace(sharpened(), stopped_early=stopped), words("en"))) is None
