"""Worst and best case by trying every way the cut-off answers could have ended."""

from itertools import product

import pytest

from evalsuite.stats import truncation_bounds


@pytest.mark.parametrize(
    "case", [(5, 2, 1, 1, 3), (6, 0, 6, 3, 0), (4, 2, 0, 2, 0), (3, 1, 2, 0, 3)]
)
def test_bounds_are_reached_by_some_ending_and_exceeded_by_none(
    case: tuple[int, int, int, int, int],
) -> None:
    n, base, base_cut, trained, trained_cut = case
    gains = [
        (trained + sum(more) - base - sum(fewer)) / n
        for fewer in product((0, 1), repeat=base_cut)
        for more in product((0, 1), repeat=trained_cut)
    ]
    result = truncation_bounds(
        n,
        base_correct=base,
        base_unfinished=base_cut,
        trained_correct=trained,
        trained_unfinished=trained_cut,
    )

    assert (result.low, result.high) == pytest.approx((min(gains), max(gains)))
    assert result.low <= result.estimate <= result.high
    assert result.straddle_zero == (min(gains) <= 0 <= max(gains))


def test_without_cut_off_answers_the_bounds_are_the_gain() -> None:
    result = truncation_bounds(
        10, base_correct=3, base_unfinished=0, trained_correct=7, trained_unfinished=0
    )

    assert result.low == result.high == result.estimate == pytest.approx(0.4)
