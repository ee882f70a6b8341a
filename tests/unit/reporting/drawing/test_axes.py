from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, strategies as st
from matplotlib.ticker import MaxNLocator

from evalsuite.reporting.drawing.axes import pushed_apart, round_places


@pytest.mark.parametrize(
    ("low", "high"), [(-0.3, 0.3), (0, 18), (-34, 1), (0, 45), (-8, 8), (2.9, 4.7), (0, 1)]
)
def test_ticks_go_in_steps_of_one_two_or_five(low: float, high: float) -> None:
    places = round_places(low, high)

    (step,) = {round(b - a, 9) for a, b in itertools.pairwise(places)}
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert round(mantissa, 6) in (1, 2, 5)
    assert low <= places[0]
    assert places[-1] <= high


def test_labels_stand_over_their_parts_unless_they_would_touch() -> None:
    assert pushed_apart([0.2, 0.8], 0.3) == [0.2, 0.8]
    assert pushed_apart([0.5, 0.52], 0.3) == pytest.approx([0.5, 0.8])
    assert pushed_apart([0.0, 0.99, 1.0], 0.2) == pytest.approx([0.1, 0.7, 0.9])


@given(st.integers(-300, 300), st.integers(1, 300), st.integers(3, 6))
def test_ticks_are_those_of_matplotlib(i: int, j: int, most: int) -> None:
    low, wide = 0.37 * i + 0.0137, 0.731 * j + 0.0119  # no round place is an end itself
    high = low + wide
    air = wide * 1e-6
    theirs = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)

    assert round_places(low, high, most=most) == pytest.approx(
        [place for place in theirs if low - air <= place <= high + air], abs=air
    )


@pytest.mark.parametrize("ends", [(1, 1), (0, 1e-320), (-1e308, 1e308), (0, math.inf), (2, 1)])
def test_an_axis_that_no_step_leads_through_has_its_beginning_alone(
    ends: tuple[float, float],
) -> None:
    assert round_places(*ends) == [ends[0]]
