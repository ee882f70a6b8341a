from __future__ import annotations

import pytest
from drawn_labels import touching
from drawn_values import filled, lines

from evalsuite.records.comparison import Interval
from evalsuite.reporting.drawing.forest_charts import draw_forest
from evalsuite.reporting.drawing.forests import dot, forest_drawing
from evalsuite.reporting.wording import words

NAMES_OF_ROWS = ("seed 0", "high_school_mathematics", "the mean")


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(
    ("headings", "aside"),
    [
        ("forest.headings", ("1,319", "464 / 126")),
        ("suite.headings", ("1,319", "< 0.0001")),
        ("models.headings", ("", "< 0.0001")),
    ],
)
def test_no_label_of_a_forest_lies_on_another(
    headings: str, aside: tuple[str, str], *, narrow: bool
) -> None:
    interval = Interval(low=-0.334, high=-0.226)
    rows = [
        dot(
            -0.28, interval, label=name, shown="-28.0 (-33.4 to -22.6)", aside=aside, is_whole=i > 1
        )
        for i, name in enumerate(NAMES_OF_ROWS)
    ]

    drawing = forest_drawing(words("en"), 0.02, rows, headings=headings)
    figure = draw_forest(drawing, narrow=narrow)

    assert touching(figure) == []


@pytest.mark.parametrize("narrow", [False, True])
def test_intervals_and_diamonds_stand_where_the_axis_says(*, narrow: bool) -> None:
    one, whole = Interval(low=-0.1, high=0.3), Interval(low=0.05, high=0.15)
    rows = [
        dot(0.12, one, label="one", shown="", aside=("1", "2")),
        dot(0.09, whole, label="whole", shown="", aside=("1", "2"), is_whole=True),
    ]

    drawing = forest_drawing(words("en"), 0.02, rows, headings="forest.headings")
    sheet = draw_forest(drawing, narrow=narrow)

    (pane,) = sheet.panes
    assert lines(sheet, pane, "trained") == [[(-0.1, 1), (0.3, 1)]]
    square, diamond = filled(sheet, pane, "trained")  # as the rows come
    assert sum(x for x, _ in square) / 4 == pytest.approx(0.12)
    assert [x for x, _ in diamond] == [0.05, 0.09, 0.15, 0.09]
