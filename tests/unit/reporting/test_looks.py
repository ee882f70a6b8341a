from __future__ import annotations

from dataclasses import replace

import pytest
from report_builders import built

from evalsuite.records.comparison import AdjustedForStopping, Comparison, Interval, StoppedEarly
from evalsuite.reporting.blocks import Text
from evalsuite.reporting.looks import way_of_looking
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import LANGUAGES, words

UNADJUSTED = ("estimate", "kind", "budgets", "forest", "power")
"""Sections with something in them that does not allow for looks."""
STOPPED = StoppedEarly(
    n=100,
    n_planned=250,
    reason="improved",
    saved_answers=300,
    pvalue=0.001,
    e_value=900.0,
    design="planned",
    looks=(50, 100),
    adjusted=AdjustedForStopping(estimate=0.123, interval=Interval(low=0.045, high=0.234)),
)


def looked_at(stopped: StoppedEarly, *, look: int | None = None) -> Comparison:
    comparison = built()[0]
    gain = replace(comparison.gain, method="group-sequential")
    return replace(comparison, gain=gain, stopped_early=stopped, look=look)


@pytest.mark.parametrize(
    ("stopped", "way"),
    [
        (STOPPED, "planned"),
        (replace(STOPPED, n=250), "completed"),
        (replace(STOPPED, design="anytime"), "early"),
        (replace(STOPPED, design=None, n=250), "early"),  # a file of old
    ],
)
def test_the_sentence_follows_the_looks(stopped: StoppedEarly, way: str) -> None:
    assert way_of_looking(stopped) == way


def test_the_first_lines_say_that_the_gain_is_overstated_and_by_how_much() -> None:
    said = str(report_view(looked_at(STOPPED)).tests)

    assert "stopped at planned look 2, after 100 of 250 questions" in said
    assert "on average overstated; allowing for the stop it is +12.3 (4.5 to 23.4)" in said


@pytest.mark.parametrize(
    "stopped",
    [replace(STOPPED, n=250, adjusted=None), replace(STOPPED, reason="futile")],
)
def test_nothing_is_overstated_where_no_gain_stopped_the_run(stopped: StoppedEarly) -> None:
    assert "overstated" not in str(report_view(looked_at(stopped)).tests)


def test_an_anytime_stop_is_overstated_by_an_unknown_amount() -> None:
    said = str(report_view(looked_at(replace(STOPPED, design="anytime", adjusted=None))).tests)

    assert said.endswith("A gain that stopped a run is on average overstated.")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_does_not_allow_for_looks_says_so_where_it_stands(lang: str) -> None:
    early = report_view(looked_at(STOPPED), lang=lang)
    sentences = {words(lang).text(f"unadjusted.{name}"): name for name in UNADJUSTED}
    noted = [
        sentences.get(str(section.blocks[0].phrase))
        for section in early.sections
        if section.id in UNADJUSTED and isinstance(section.blocks[0], Text)
    ]

    assert noted == list(UNADJUSTED)
    assert "Tango" in str(early.subsets.note)


def test_the_second_comparison_on_the_same_questions_says_which_it_is() -> None:
    plain = built()[0]
    said = {look: str(report_view(replace(plain, look=look)).tests) for look in (None, 1, 14)}

    assert said[None] == said[1]
    assert "This is comparison 14 of this run store on these questions" in said[14]
    assert "comparison 14" in render_markdown(report_view(replace(plain, look=14)))


def test_parts_under_the_headline_say_that_they_do_not_allow_for_looks() -> None:
    note = "(intervals that do not allow for the looks)"
    looked, unlooked = (report_view(c).made_of for c in (looked_at(STOPPED), built()[0]))

    assert looked is not None
    assert looked.line.endswith(note)
    assert unlooked is not None
    assert note not in unlooked.line


@pytest.fixture(scope="module")
def pages() -> tuple[str, str]:
    """Lay out a comparison that stopped early, and one of a single look."""
    looked, unlooked = (render_html(report_view(c)) for c in (looked_at(STOPPED), built()[0]))
    return looked, unlooked


def test_a_method_of_one_look_is_not_called_the_headline_s_after_looks(
    pages: tuple[str, str],
) -> None:
    looked, unlooked = pages

    assert "Tango (headline)" in unlooked
    assert "Tango (headline)" not in looked
    assert "interval (valid at all planned looks) interval" not in looked


def test_the_test_of_the_rest_is_told_as_that_of_one_look(pages: tuple[str, str]) -> None:
    looked, unlooked = pages

    one_look = "exact McNemar test for the rest, as if there had been one look"
    assert one_look in looked
    assert one_look not in unlooked
