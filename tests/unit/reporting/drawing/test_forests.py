from __future__ import annotations

from evalsuite.records.comparison import Interval
from evalsuite.reporting.drawing.forests import dot, forest_drawing
from evalsuite.reporting.wording import words

INTERVAL = Interval(low=-0.1, high=0.3)


def test_a_dot_is_an_estimate_with_its_interval_and_its_words() -> None:
    row = dot(0.1, INTERVAL, label="seed 0", shown="+10.0", role="quiet", aside=("20",))

    assert (row.at, row.low, row.high) == (0.1, -0.1, 0.3)
    assert (row.label, row.shown, row.role, row.aside) == ("seed 0", "+10.0", "quiet", ("20",))
    assert not row.emphasis


def test_a_forest_shades_the_margin_on_both_sides_of_no_gain() -> None:
    rows = (dot(0.1, INTERVAL, label="a", shown=""), dot(0.1, INTERVAL, label="b", shown=""))

    drawing = forest_drawing(words("en"), 0.02, iter(rows), headings="forest.headings")

    assert drawing.rows == rows
    assert (drawing.band.low, drawing.band.high) == (-0.02, 0.02)
    assert drawing.headings == words("en").texts("forest.headings")
