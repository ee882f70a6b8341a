from __future__ import annotations

import re
from typing import Any

from report_builders import built, family_of

from evalsuite.records.verdict import Policy
from evalsuite.reporting.blocks import EstimateDrawing, Plot
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.estimate import estimate
from evalsuite.reporting.wording import words


def test_both_accuracies_and_the_gain_stand_with_their_intervals() -> None:
    comparison, _ = built((20, 4, 20, 16), names=("small", "tuned"))
    section = estimate(Page(comparison, words("en")))
    assert section is not None
    plot: Any = section.blocks[0]

    base, trained, gain = ([str(cell) for cell in row.cells] for row in plot.grid.rows)

    assert base[:2] == ["base: small", "24 of 60"]
    assert trained[:2] == ["trained: tuned", "40 of 60"]
    assert [base[3], trained[3], gain[3]] == ["40.0%", "66.7%", "+26.7"]
    assert gain[1] == ""


def test_the_drawing_has_the_interval_and_the_margin_of_the_policy() -> None:
    comparison, _ = built(policy=Policy(margin=0.03))
    section = estimate(Page(comparison, words("en")))
    assert section is not None
    plot: Any = section.blocks[0]

    drawing, interval = plot.drawing, comparison.gain.interval

    assert (drawing.band.low, drawing.band.high) == (-0.03, 0.03)
    assert (drawing.gain.low, drawing.gain.high) == (interval.low, interval.high)
    assert [rate.role for rate in drawing.rates] == ["base", "trained"]


def test_a_group_has_no_estimate_of_its_own() -> None:
    assert estimate(Page(family_of([built()[0], built()[0]]), words("en"))) is None


def test_the_figure_writes_the_gain_as_the_table_does() -> None:
    section = estimate(Page(built()[0], words("zh")))
    assert section is not None

    drawing = next(block for block in section.blocks if isinstance(block, Plot)).drawing

    assert isinstance(drawing, EstimateDrawing)
    assert re.fullmatch(r"[-+]?\d+\.\d（-?\d+\.\d 至 -?\d+\.\d）", drawing.gain.shown)
