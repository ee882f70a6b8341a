from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from evalsuite.reporting.blocks import Portion
from evalsuite.reporting.drawing.stacks import stack_svg
from evalsuite.reporting.wording import Phrase


def portion(name: str, gain: float | None, span: tuple[float, float] | None = None) -> Portion:
    return Portion(name=name, phrase=Phrase(), gain=gain, span=span)


def parts_of(*portions: Portion) -> dict[str, Any]:
    """Give x, width and height of each part by its class, and of the zero line."""
    rects = ET.fromstring(stack_svg(portions))  # noqa: S314  # our own
    return {
        rect.attrib["class"]: (
            float(rect.attrib["x"]),
            float(rect.attrib["width"]),
            rect.attrib["height"],
        )
        for rect in rects
    }


def test_gains_lie_end_to_end_and_fill_the_bar() -> None:
    parts = parts_of(portion("finished", 0.1), portion("formatted", 0.2), portion("rest", 0.2))

    assert parts["part m-finished"] == (0, 200, "12")
    assert parts["part m-formatted"] == (200, 400, "12")
    assert parts["part m-rest"] == (600, 400, "12")
    assert "p-text" not in parts


def test_losses_lie_to_the_left_of_zero() -> None:
    parts = parts_of(portion("finished", -0.1), portion("formatted", -0.1), portion("rest", 0.3))

    assert parts["part m-finished"] == (200, 200, "12")
    assert parts["part m-formatted"] == (0, 200, "12")
    assert parts["part m-rest"] == (400, 600, "12")
    assert parts["p-text"][0] == pytest.approx(399)


def test_a_range_is_a_strip_from_where_to_where_it_could_go() -> None:
    parts = parts_of(portion("finished", None, (-0.1, 0.2)), portion("rest", 0.4))

    assert parts["part m-finished"] == (0, 600, "4")
    assert parts["part m-rest"] == (200, 800, "12")


@pytest.mark.parametrize("gain", [0.0, None])
def test_a_bar_of_nothing_is_empty(gain: float | None) -> None:
    assert set(parts_of(portion("finished", None), portion("rest", gain))) == {"p-band"}
