"""What of matplotlib's SVG reaches the page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.figure import Figure

from evalsuite.reporting.drawing.palette import MARKERS
from evalsuite.reporting.drawing.svg import inline_svg, save_settings


def drawn(identity: str = "f") -> str:
    with mpl.rc_context(save_settings(identity)):
        figure = Figure(figsize=(2, 1))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.plot([0, 1], [0, 1], color=MARKERS["gain"], marker="o")
        axes.text(0.5, 0.5, "<b> & é")
        return inline_svg(figure, identity=identity, title="A & B", description="a line")


def test_colours_become_classes_and_no_style_is_left() -> None:
    svg = drawn()

    assert "style" not in svg
    assert MARKERS["gain"] not in svg
    assert 's-gain"' in svg


def test_a_figure_has_a_title_and_a_description_that_its_label_names() -> None:
    root = ET.fromstring(drawn("figure-1"))  # noqa: S314  our own

    assert root.get("aria-labelledby") == "figure-1-t figure-1-d"
    texts = {
        e.get("id"): e.text for e in root.iter() if e.get("id") in ("figure-1-t", "figure-1-d")
    }
    assert texts == {"figure-1-t": "A & B", "figure-1-d": "a line"}


def test_text_is_text_and_stays_inert() -> None:
    root = ET.fromstring(drawn())  # noqa: S314  our own

    assert "<b> & é" in [element.text for element in root.iter()]


def test_the_same_figure_is_the_same_bytes() -> None:
    assert drawn() == drawn()
