"""The section on checkpoints: one figure over the steps, one table, every number traceable."""

from __future__ import annotations

import json
import re

import pytest
from curve_builders import rising

from evalsuite.records.codec import from_json, plain, to_json
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.reporting.blocks import PanelsDrawing, Plot
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.view import ReportView, report_view


def view_of(record: CurveComparison, lang: str = "en") -> ReportView:
    folders = tuple(f"c{i}" for i in range(len(record.parts)))
    return report_view(record, folders=folders, lang=lang)


def drawing_of(view: ReportView) -> PanelsDrawing:
    plot = view.sections[0].blocks[0]
    assert isinstance(plot, Plot)
    assert isinstance(plot.drawing, PanelsDrawing)
    return plot.drawing


def test_the_curve_stands_first_and_takes_the_place_of_the_models() -> None:
    ids = [section.id for section in view_of(rising()).sections]

    assert ids[0] == "curve"
    assert "models" not in ids
    assert "each" in ids


def test_the_gain_stands_above_the_log_over_the_same_steps() -> None:
    drawing = drawing_of(view_of(rising()))
    titles = [panel.title for panel in drawing.panels]

    assert titles == ["gain, points", "reward", "mean length, tokens", "cut off, %"]
    assert drawing.span == (1.0, 12.0)
    assert drawing.panels[0].lines[0].low[2] == rising().curve.steps[2].interval.low


def test_without_a_log_the_gain_stands_alone_and_rewards_are_unknown() -> None:
    view = view_of(rising(logged=False))

    assert len(drawing_of(view).panels) == 1
    assert [str(row.cells[6]) for row in view.subsets.rows] == ["–", "–", "–"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_is_found_again_in_the_results(lang: str) -> None:
    view = view_of(rising(), lang)
    results = json.loads(view.results)
    shown = re.findall(r'value="([^"]+)" data-key="([^"]+)">', render_html(view, is_drawn=False))

    assert "curve.steps.1.interval.low" in {key for _, key in shown}
    for value, key in shown:
        node = results
        for step in key.split("."):
            node = node[int(step)] if isinstance(node, list) else node[step]
        assert json.loads(value) == node, key


def test_every_output_says_from_where_the_gain_is_established() -> None:
    english, chinese = view_of(rising()), view_of(rising(), "zh")

    for text in (
        render_html(english, is_drawn=False),
        render_markdown(english),
        render_terminal(english, width=200),
    ):
        assert "Established from step 8 on" in text.replace("\\", "")
    assert "自第 8 步起得到证实" in render_html(chinese, is_drawn=False)


def test_the_command_that_makes_it_again_names_the_pattern() -> None:
    assert "evalsuite compare base &#39;path:out/checkpoint-*&#39; --task embedded" in render_html(
        view_of(rising()), is_drawn=False
    )


def test_a_curve_is_read_back_as_it_was_written() -> None:
    record = rising()

    assert from_json(CurveComparison, to_json(record)) == record
    assert set(plain(record.curve)["steps"][0]) >= {"step", "gain", "interval", "adjusted", "fall"}
