from __future__ import annotations

import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from report_builders import HOSTILE, built, training_log

from evalsuite.reporting.blocks import PanelsDrawing, Plot, SplitDrawing
from evalsuite.reporting.drawing.axes import pushed_apart
from evalsuite.reporting.drawing.figures import figure_svg
from evalsuite.reporting.numbers import true_minus
from evalsuite.reporting.view import report_view

NAMES = ("estimate", "changed", "kind", "flow", "budgets", "forest", "power", "training")
SVG = "{http://www.w3.org/2000/svg}"


def _plots(lang: str = "en") -> dict[str, Plot]:
    comparison, rows = built(training=training_log())
    view = report_view(comparison, rows, lang=lang)
    return {b.id: b for s in view.sections for b in s.blocks if isinstance(b, Plot)}


def _parsed(plot: Plot) -> ET.Element:
    return ET.fromstring(figure_svg(plot))  # noqa: S314  # written by the function under test


@pytest.fixture(scope="module")
def plots() -> dict[str, Plot]:
    return _plots()


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_named_for_those_who_cannot_see_it(plots: dict[str, Plot], name: str) -> None:
    svg = _parsed(plots[name])

    assert svg.get("role") == "img"
    assert svg.findtext(f"{SVG}title") == true_minus(str(plots[name].title))
    assert svg.findtext(f"{SVG}desc") == true_minus(plots[name].alt)
    assert (svg.get("aria-labelledby") or "").split() == [
        element.get("id") for element in svg if element.tag in (f"{SVG}title", f"{SVG}desc")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_has_no_style_and_no_colour_of_its_own(plots: dict[str, Plot], name: str) -> None:
    """Under the page's policy a style attribute would make the figure a black box."""
    text = figure_svg(plots[name])

    assert "style" not in text
    assert not re.search(r"#[0-9a-f]{6}", text)
    assert 'class="p-' in text


def test_figures_are_the_same_bytes_every_time(plots: dict[str, Plot]) -> None:
    assert {n: figure_svg(p) for n, p in plots.items()} == {
        n: figure_svg(p) for n, p in _plots().items()
    }


def test_identifiers_of_two_figures_never_collide(plots: dict[str, Plot]) -> None:
    ids = [i for plot in plots.values() for i in re.findall(r' id="([^"]+)"', figure_svg(plot))]

    assert len(ids) == len(set(ids))


def test_chinese_labels_stay_text() -> None:
    text = figure_svg(_plots("zh")["kind"])

    assert "提升" in text
    assert "写完" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_text_in_a_figure(plots: dict[str, Plot], text: str) -> None:
    from evalsuite.reporting.outputs.inert import visible

    shown = visible(text)
    drawing = SplitDrawing(parts=((shown, 1, "1", "gain", True), ("b", 2, "2", "muted", False)))
    plot = replace(plots["changed"], drawing=drawing)

    svg = _parsed(plot)

    tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert tags <= {"svg", "title", "desc", "path", "circle", "text"}
    said = "".join("".join(e.itertext()) for e in svg.iter(f"{SVG}text"))
    assert "".join(shown.split()) in "".join(said.split())


@pytest.mark.parametrize("table", [(5, 0, 0, 5), (0, 1, 0, 0), (0, 0, 30, 0), (500, 1, 1, 2)])
def test_extreme_tables_can_be_drawn(table: tuple[int, int, int, int]) -> None:
    comparison, rows = built(table)

    view = report_view(comparison, rows)

    for section in view.sections:
        for block in section.blocks:
            if isinstance(block, Plot):
                assert figure_svg(block).startswith("<svg")


def test_a_script_is_told_where_each_panel_lies_and_what_its_axis_holds(
    plots: dict[str, Plot],
) -> None:
    plot = plots["budgets"]
    assert isinstance(plot.drawing, PanelsDrawing)
    assert plot.drawing.span is not None

    frames = (_parsed(plot).get("data-frames") or "").split(";")

    assert len(frames) == len(plot.drawing.panels)
    right_before = 0.0
    for frame in frames:
        left, right, top, bottom, low, high = map(float, frame.split())
        assert right_before < left < right
        assert 0 < top < bottom
        assert (low, high) == pytest.approx(plot.drawing.span, abs=0.005)
        right_before = right


def test_labels_of_a_split_bar_keep_their_distance() -> None:
    places = pushed_apart([0.49, 0.985, 0.9925, 0.9975], 0.12)

    gaps = [b - a for a, b in itertools.pairwise(places)]
    assert min(gaps) >= 0.119
    assert max(places) <= 0.95
