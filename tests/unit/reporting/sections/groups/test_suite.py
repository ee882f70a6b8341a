"""The page of a suite: every number traceable, a row a task in every output, both languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from report_builders import HOSTILE
from suite_builders import suite_of_answers, suite_of_counts

from evalsuite.reporting.opening.first_lines import page_tone
from evalsuite.reporting.outputs.exports import render_junit
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import MOST_LINES, render_ending, render_terminal
from evalsuite.reporting.page import Page
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.groups.suite import SuiteComparison
    from evalsuite.reporting.view import ReportView

UP, LEVEL, DOWN = (20, 2, 30, 8), (20, 3, 3, 34), (20, 30, 2, 8)
MIXED = suite_of_answers((UP, LEVEL, DOWN))
TASKS = ("adding test", "taking test", "sharing test")


def view_of(record: SuiteComparison, lang: str = "en") -> ReportView:
    folders = tuple(f"t{i}" for i in range(len(record.parts)))
    return report_view(record, folders=folders, lang=lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_is_found_again_in_the_results(lang: str) -> None:
    view = view_of(MIXED, lang)
    results = json.loads(view.results)
    shown = re.findall(r'value="([^"]+)" data-key="([^"]+)">', render_html(view))

    keys = {key for _, key in shown}
    assert {"suite.mean.gain", "suite.heterogeneity.pvalue", "comparisons.2.gain.estimate"} <= keys
    for value, key in shown:
        place = results
        for step in key.split("."):
            place = place[int(step)] if isinstance(place, list) else place[step]
        assert json.loads(value) == place, key


def test_every_output_has_a_row_a_task_and_one_for_the_mean() -> None:
    view = view_of(MIXED)

    for text in (
        render_html(view),
        render_markdown(view),
        render_terminal(view, width=200),
        render_latex(view),
    ):
        for name in (*TASKS, "mean of 3 tasks"):
            assert name in text.replace("\\", "")


def test_the_first_table_gives_each_task_its_own_verdict() -> None:
    rows = view_of(MIXED).subsets.rows

    assert [str(row.cells[-1]) for row in rows] == [
        "improved",
        "inconclusive",
        "regressed",
        "inconclusive",
    ]
    assert [str(row.cells[1]) for row in rows] == ["60", "60", "60", "180"]
    assert str(rows[-1].cells[6]).startswith("0.0 (")


def test_a_mixed_suite_is_amber_and_sections_of_one_pair_stay_away() -> None:
    view = view_of(MIXED)

    assert (view.decision, view.tone) == ("mixed", "qualified")
    assert page_tone(Page(MIXED, words("en"))) == "qualified"
    ids = [section.id for section in view.sections]
    assert ids == ["suite", "each", "budgets", "checks", "methods", "provenance"]
    assert view.names == ("base", "trained")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_ending_fits_half_a_screen(lang: str) -> None:
    ending = render_ending(view_of(MIXED, lang), {}, width=80)

    assert len(ending.splitlines()) <= MOST_LINES


def test_the_command_that_makes_it_again_names_every_task() -> None:
    (section,) = (s for s in view_of(MIXED).sections if s.id == "provenance")

    text = str(section.blocks[0])
    assert "evalsuite compare base trained --task" in text
    assert "--margin 2" in text


def test_junit_has_a_case_a_task_and_a_loss_fails() -> None:
    suite = ET.fromstring(render_junit(view_of(MIXED), MIXED))  # noqa: S314  written here

    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    named = [case.get("name") for case in suite if case.get("classname") == "evalsuite.tasks"]
    assert named == list(TASKS)
    assert failed == {"sharing test"}
    checks = [case.get("name") or "" for case in suite if "checks" in (case.get("classname") or "")]
    assert any(name.startswith("taking test: EVS") for name in checks)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_latex_says_how_was_adjusted_once(lang: str) -> None:
    view = view_of(MIXED, lang)
    text = render_latex(view)

    assert text.count("Holm") == 1
    assert text.count("Welch") == 1
    assert "Holm" in str(view.tests)


def test_names_of_tasks_from_outside_stay_text() -> None:
    record = suite_of_counts(((5, 60, 300), (10, 10, 300)))
    first, second = record.comparisons
    hostile = replace(record, comparisons=(replace(first, task=HOSTILE[1]), second))

    page = render_html(view_of(hostile))

    assert "<img src=x" not in page


def test_decodings_that_differ_are_not_told_of_all() -> None:
    first, second, third = MIXED.comparisons
    other = dict(second.provenance)
    other["base"] = {**other["base"], "dtype": "bfloat16"}
    record = replace(MIXED, comparisons=(first, replace(second, provenance=other), third))

    assert "each task's own report tells" in str(view_of(record).summary)
    assert "greedy" in str(view_of(MIXED).summary)
