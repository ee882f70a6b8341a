"""What of a sheet reaches the page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from evalsuite.reporting.drawing.axes import canvas, write
from evalsuite.reporting.drawing.sheet import rectangle
from evalsuite.reporting.drawing.svg import sheet_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(identity: str = "f") -> str:
    sheet, (pane,) = canvas(1, [(0, 0, 2, 1)], 2)
    pane.line([0, 1, 1], [0, 0, 1], "gain", 2, dash=(3, 1))
    pane.shape(rectangle((0, 0.5), (0, 1)), fill="band", opacity=0.5)
    pane.disc(0.5, 0.5, 4, fill="paper", stroke="base", width=1.25, order=4)
    write(pane, 0.5, 0.5, "<b> & é", "text", bold=True, align="right")
    return sheet_svg(sheet, identity=identity, title="A & B", description="a line")


def element(tag: str) -> dict[str, str]:
    (found,) = ET.fromstring(drawn()).iter(f"{SVG}{tag}")  # noqa: S314  our own
    return dict(found.attrib)


def test_colours_are_classes_and_there_is_no_style() -> None:
    assert "style" not in drawn()
    assert element("circle")["class"] == "p-paper s-base"
    assert element("text")["class"] == "p-text"


def test_marks_lie_where_their_pane_says_in_points_from_the_upper_left() -> None:
    shape, line = ET.fromstring(drawn()).iter(f"{SVG}path")  # noqa: S314  our own

    assert line.get("d") == "M0 72H144V0"
    assert line.get("stroke-dasharray") == "6,2"
    assert (line.get("fill"), line.get("class")) == ("none", "s-gain")
    assert shape.get("d") == "M0 72H72V0H0Z"
    assert (shape.get("fill-opacity"), shape.get("class")) == ("0.5", "p-band")
    assert element("circle") | {"class": ""} == {
        "cx": "72",
        "cy": "36",
        "r": "2",
        "stroke-width": "1.25",
        "class": "",
    }


def test_a_figure_has_a_title_and_a_description_that_its_label_names() -> None:
    root = ET.fromstring(drawn("figure-1"))  # noqa: S314  our own

    assert root.get("aria-labelledby") == "figure-1-t figure-1-d"
    texts = {
        e.get("id"): e.text for e in root.iter() if e.get("id") in ("figure-1-t", "figure-1-d")
    }
    assert texts == {"figure-1-t": "A & B", "figure-1-d": "a line"}


def test_text_is_text_and_stays_inert() -> None:
    root = ET.fromstring(drawn())  # noqa: S314  our own

    assert "<b> & é" in [each.text for each in root.iter()]
    assert element("text")["text-anchor"] == "end"
    assert element("text")["font-weight"] == "700"
