"""Difference of two gains: its test against McNemar and enumeration, its interval, its inputs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.stats import gain_contrast, mcnemar


def test_against_no_gain_at_all_it_is_the_exact_mcnemar_test() -> None:
    gains = [1] * 16 + [-1] * 6 + [0] * 139

    contrast = gain_contrast(gains, [0] * 161)

    assert contrast.pvalue == pytest.approx(mcnemar(6, 16).pvalue)
    assert contrast.estimate == pytest.approx(10 / 161)
    assert (contrast.raised, contrast.lowered, contrast.n_questions) == (16, 6, 161)


def test_the_pvalue_is_that_of_all_sign_patterns() -> None:
    here, there = [1, 1, 0, 1, 0, -1, 1, 0], [-1, 0, 0, -1, 1, 0, 1, -1]
    steps = np.subtract(here, there)
    sums = [abs(np.dot(signs, steps)) for signs in product((-1, 1), repeat=len(steps))]

    assert gain_contrast(here, there).pvalue == pytest.approx(
        np.mean(np.array(sums) >= abs(steps.sum()))
    )


def test_the_interval_is_student_t_over_questions_and_two_more() -> None:
    rng = np.random.default_rng(3)
    here, there = rng.integers(-1, 2, (2, 60))
    more = np.append(here - there, (1, -1))

    contrast = gain_contrast(here, there, confidence_level=0.9)

    expected = scipy_stats.t.interval(0.9, len(more) - 1, more.mean(), scipy_stats.sem(more))
    assert (contrast.low, contrast.high) == pytest.approx(expected)


def test_equal_gains_differ_by_nothing_with_an_interval_of_some_width() -> None:
    contrast = gain_contrast([1, 0, -1, 0] * 5, [1, 0, -1, 0] * 5)

    assert (contrast.estimate, contrast.pvalue) == (0, 1)
    assert contrast.low == pytest.approx(-contrast.high)
    assert 0.1 < contrast.high < 0.2


def test_swapped_the_difference_changes_its_sign() -> None:
    forth = gain_contrast([1] * 12 + [0] * 30, [0] * 40 + [1] * 2)
    back = gain_contrast([0] * 40 + [1] * 2, [1] * 12 + [0] * 30)

    assert (forth.estimate, forth.low, forth.high) == (-back.estimate, -back.high, -back.low)
    assert (forth.pvalue, forth.raised, forth.lowered) == (back.pvalue, back.lowered, back.raised)


def test_four_questions_one_way_are_no_difference_whatever_their_interval() -> None:
    """Without the two more questions Student's t would exclude 0 at an exact p of .125."""
    contrast = gain_contrast([1] * 4 + [0] * 1315, [0] * 1319)

    assert contrast.pvalue == 0.125
    assert contrast.low < 0
    assert not contrast.is_established()


def test_samples_of_one_question_count_once() -> None:
    here, there = np.array([[1, 1], [0, 1], [0, 0]]), np.array([[0, 0], [1, 1], [0, 0]])

    contrast = gain_contrast(here, there)

    assert contrast.n_questions == 3
    assert contrast.estimate == pytest.approx((1 - 0.5) / 3)
    assert (contrast.raised, contrast.lowered) == (1, 1)


@pytest.mark.parametrize(
    ("here", "there", "error"),
    [
        ([], [], InvalidInputError),
        ([2], [0], InvalidInputError),
        ([0.5], [0], InvalidInputError),
        ([1, 0], [1], NotComparableError),
        ([[1, 0]], [1, 0], NotComparableError),
        ([[[1]]], [[[1]]], InvalidInputError),
    ],
)
def test_what_is_no_pair_of_gains_is_refused(
    here: list[int], there: list[int], error: type
) -> None:
    with pytest.raises(error):
        gain_contrast(here, there)


@pytest.mark.parametrize("n", [20, 50, 200])
@pytest.mark.parametrize("changes", [0.05, 0.3])
def test_a_difference_is_claimed_in_at_most_one_null_of_twenty(n: int, changes: float) -> None:
    """Base and trained change places at random: steps of -2 to 2, as often up as down."""
    rng = np.random.default_rng(11)
    sizes = rng.choice(3, (1500, n), p=(1 - changes, 0.8 * changes, 0.2 * changes))
    claims = 0
    for steps in sizes * rng.choice((-1, 1), (1500, n)):
        here, there = np.sign(steps), np.sign(steps) - steps
        claims += gain_contrast(here, there).is_established()

    assert claims / 1500 <= 0.05 + 2 * (0.05 * 0.95 / 1500) ** 0.5


@pytest.mark.parametrize("n", [20, 100, 1319])
def test_the_interval_covers_a_difference_made_one_way_only(n: int) -> None:
    """As cutting makes it: few questions, all up. Without the two more, t misses far more often."""
    rng = np.random.default_rng(5)
    share = 0.03
    covered = 0
    for _ in range(1000):
        contrast = gain_contrast((rng.random(n) < share).astype(int), np.zeros(n, dtype=int))
        covered += contrast.low <= share <= contrast.high

    assert covered / 1000 >= 0.93
