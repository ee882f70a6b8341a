"""The gain with all of base: against theory, by enumeration, at the edges, and by properties."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalsuite.errors import InvalidInputError
from evalsuite.stats import whole_base_gain, widened_gain

if TYPE_CHECKING:
    from evalsuite.records.comparison import Interval

SCORES = st.lists(st.tuples(*[st.sampled_from([0, 0.25, 0.5, 1])] * 2), min_size=3, max_size=30)


def test_the_point_is_the_rates_of_base_right_and_wrong_at_bases_whole_accuracy() -> None:
    """With right and wrong answers the regression is post-stratification by base."""
    base = [1] * 40 + [0] * 60
    trained = [1] * 36 + [0] * 4 + [1] * 15 + [0] * 45

    gain = whole_base_gain(base, trained, [1] * 150 + [0] * 150)

    pseudo_kept, pseudo_fixed = 36 / 41, 16 / 61  # a question lost and one gained are added
    assert gain.slope == pytest.approx(pseudo_kept - pseudo_fixed)
    whole = 190 / 400
    assert gain.estimate == pytest.approx(0.51 + gain.slope * (whole - 0.4) - whole)


def test_over_all_parts_of_a_small_split_the_estimate_is_nearer_than_the_pair_alone() -> None:
    """Every part of 6 of 12 questions: the mean squared error about the whole gain, enumerated."""
    base = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0.0])
    trained = np.array([1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0.0])
    truth = (trained - base).mean()
    alone, with_base = [], []
    for chosen in combinations(range(12), 6):
        part, rest = list(chosen), [i for i in range(12) if i not in chosen]
        alone.append((trained[part] - base[part]).mean() - truth)
        gain = whole_base_gain(base[part], trained[part], base[rest])
        with_base.append(gain.estimate - truth)

    assert abs(np.mean(with_base)) < 0.03
    assert np.mean(np.square(with_base)) < np.mean(np.square(alone))


def test_a_part_like_the_rest_gives_the_gain_of_the_pair() -> None:
    base, trained = [1, 1, 0, 0] * 10, [1, 0, 1, 0] * 10

    gain = whole_base_gain(base, trained, [1, 0] * 50)

    assert gain.estimate == 0
    assert (gain.n, gain.n_whole) == (40, 140)


def test_base_that_says_nothing_of_trained_still_narrows_the_gain_by_its_own_rate() -> None:
    rng = np.random.default_rng(3)
    base, trained = rng.integers(0, 2, 300), rng.integers(0, 2, 300)

    gain = whole_base_gain(base, trained, rng.integers(0, 2, 100_000))

    # without a slope trained's own variance is left: half of the difference's
    assert gain.slope == pytest.approx(0, abs=0.12)
    assert 520 <= gain.worth <= 680


def test_base_that_never_differs_from_trained_leaves_nothing_to_narrow() -> None:
    base = [1, 0] * 50

    gain = whole_base_gain(base, base, [1] * 900)

    assert gain.estimate == pytest.approx(0, abs=0.02)
    assert gain.worth <= 105


def test_more_of_base_narrows_both_intervals() -> None:
    base, trained = [1, 1, 0, 0, 0] * 20, [1, 0, 1, 0, 0] * 20

    few = whole_base_gain(base, trained, [1, 1, 0, 0, 0] * 4)
    many = whole_base_gain(base, trained, [1, 1, 0, 0, 0] * 200)

    assert width(many.interval) < width(few.interval)
    assert width(few.interval_on_split) < width(many.interval_on_split)  # less is left unknown


def test_with_hardly_anything_elsewhere_it_is_the_widened_gain() -> None:
    base, trained = [1, 1, 0, 0, 0] * 60, [1, 0, 1, 1, 0] * 60

    gain = whole_base_gain(base, trained, [0.4])
    plain = widened_gain(np.array(trained) - np.array(base))

    assert gain.interval.low == pytest.approx(plain.interval.low, abs=0.001)
    assert gain.interval.high == pytest.approx(plain.interval.high, abs=0.001)
    assert width(gain.interval_on_split) < 0.02


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_base_that_is_always_right_or_always_wrong_has_an_interval_of_some_width(
    right: float,
) -> None:
    gain = whole_base_gain([right] * 20, [right] * 20, [right] * 100)

    assert gain.interval.low < 0 < gain.interval.high
    assert width(gain.interval) > 0.1


@given(SCORES, st.lists(st.sampled_from([0, 0.5, 1]), min_size=1, max_size=40))
def test_right_and_wrong_changed_over_the_gain_changes_its_sign(
    pairs: list[tuple[float, float]], elsewhere: list[float]
) -> None:
    base, trained, rest = np.array(pairs)[:, 0], np.array(pairs)[:, 1], np.array(elsewhere)

    gain = whole_base_gain(base, trained, rest)
    turned = whole_base_gain(1 - base, 1 - trained, 1 - rest)

    assert turned.estimate == pytest.approx(-gain.estimate, abs=1e-9)
    assert turned.interval.low == pytest.approx(-gain.interval.high, abs=1e-9)
    assert turned.pvalue == pytest.approx(gain.pvalue)
    assert turned.worth == gain.worth or abs(turned.worth - gain.worth) == 1


@given(SCORES, st.lists(st.sampled_from([0, 0.5, 1]), min_size=1, max_size=40))
def test_the_order_of_questions_changes_nothing(
    pairs: list[tuple[float, float]], elsewhere: list[float]
) -> None:
    base, trained = (list(side) for side in zip(*pairs, strict=True))

    first = whole_base_gain(base, trained, elsewhere)
    second = whole_base_gain(base[::-1], trained[::-1], elsewhere[::-1])

    assert second.estimate == pytest.approx(first.estimate, abs=1e-9)
    assert second.interval.high == pytest.approx(first.interval.high, abs=1e-9)


@pytest.mark.parametrize(
    ("base", "trained", "elsewhere"),
    [
        ([1], [1], [1]),
        ([1, 0], [1], [1]),
        ([1, 0], [1, 0], []),
        ([1, 2], [1, 0], [1]),
        ([1, 0], [1, float("nan")], [1]),
        ([1, 0], [1, 0], [-0.1]),
        ([[1, 0]], [[1, 0]], [1]),
    ],
)
def test_what_is_no_part_and_rest_of_base_is_refused(
    base: list[float], trained: list[float], elsewhere: list[float]
) -> None:
    with pytest.raises(InvalidInputError):
        whole_base_gain(base, trained, elsewhere)


def width(interval: Interval) -> float:
    return interval.high - interval.low
