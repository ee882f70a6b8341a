from __future__ import annotations

import re

import pytest

from evalsuite.reporting.browser.sliders import Spark
from evalsuite.reporting.drawing.sparks import HIGH, WIDE, spark_svg
from evalsuite.reporting.wording import Phrase


def _spark(budgets: tuple[int, ...], gains: tuple[float, ...], last: int) -> Spark:
    return Spark(budgets=budgets, gains=gains, last=last, marks=(10, last), phrase=Phrase())


def test_a_spark_is_a_step_at_every_change_on_a_logarithmic_axis() -> None:
    svg = spark_svg(_spark((10, 100), (0.2, 0.1), 1000))

    steps = re.findall(r"H([0-9.]+)V([0-9.]+)", svg)
    assert [float(x) for x, _ in steps] == pytest.approx([0, WIDE / 2], abs=0.1)
    top, middle = (float(y) for _, y in steps)
    assert 0 < top < middle < HIGH
    assert svg.count("mark") == 2


@pytest.mark.parametrize("gains", [(0.0,), (-0.3,), (0.3,)])
def test_a_flat_spark_stays_inside_its_box(gains: tuple[float, ...]) -> None:
    svg = spark_svg(_spark((1,), gains, 1))

    heights = [float(y) for y in re.findall(r"V([0-9.]+)", svg)]
    assert all(0 <= y <= HIGH for y in heights)
