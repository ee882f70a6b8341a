"""Intervals that are one formula, by the book, at degenerate tables and with the models swapped."""

import math

import numpy as np
import pytest

from evalsuite.records.comparison import Table
from evalsuite.stats import difference_interval
from evalsuite.stats.paired.closed_form import (
    bonett_price_interval,
    newcombe_interval,
    wald_interval,
    wilson_interval,
)

SMALL = [
    (both, losses, gains, n - both - losses - gains)
    for n in (1, 3, 6, 12)
    for both in range(n + 1)
    for losses in range(n + 1 - both)
    for gains in range(n + 1 - both - losses)
]


def newcombe_by_the_book(table: tuple[int, int, int, int]) -> tuple[float, float]:
    """Compute method 10 in the letters of Newcombe (1998): e, f, g, h and square-and-add."""
    e, f, g, h = table[0], table[2], table[1], table[3]  # f: only first right, g: only second
    n = e + f + g + h
    z = 1.959963984540054

    def wilson(x: int) -> tuple[float, float]:
        p = x / n
        middle = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)

    a, b, c, d = e + f, g + h, e + g, f + h
    phi = 0.0
    if a * b * c * d:
        top: float = e * h - f * g
        top = max(top - n / 2, 0) if top > 0 else top
        phi = top / math.sqrt(a * b * c * d)
    (l2, u2), (l3, u3) = wilson(a), wilson(c)
    dl2, du2, dl3, du3 = a / n - l2, u2 - a / n, c / n - l3, u3 - c / n
    theta = (f - g) / n
    delta = math.sqrt(max(dl2**2 - 2 * phi * dl2 * du3 + du3**2, 0))
    epsilon = math.sqrt(max(du2**2 - 2 * phi * du2 * dl3 + dl3**2, 0))
    return theta - delta, theta + epsilon


def test_newcombe_squares_and_adds_two_wilson_intervals() -> None:
    for table in SMALL:
        result = difference_interval(*table, method="newcombe")

        assert (result.low, result.high) == pytest.approx(newcombe_by_the_book(table), abs=1e-12)


def test_newcombe_takes_n_half_off_a_positive_correlation() -> None:
    """Without the n/2 correction (27, 0, 0, 27) would give the interval [0, 0]."""
    result = newcombe_interval(Table(both=27, losses=0, gains=0, neither=27), 0.95)

    assert result.high == pytest.approx(0.03507, abs=1e-5)
    assert result.low == pytest.approx(-0.03507, abs=1e-5)


def test_bonett_price_adds_one_loss_and_one_gain() -> None:
    for table in SMALL:
        n = sum(table) + 2
        p12, p21 = (table[1] + 1) / n, (table[2] + 1) / n
        spread = 1.959963984540054 * math.sqrt((p12 + p21 - (p21 - p12) ** 2) / n)
        result = difference_interval(*table, method="bonett-price")

        assert result.low == pytest.approx(max(p21 - p12 - spread, -1), abs=1e-12)
        assert result.high == pytest.approx(min(p21 - p12 + spread, 1), abs=1e-12)


def test_wald_is_the_normal_interval_of_the_mean_difference() -> None:
    differences = np.repeat([-1, 0, 1], [6, 139, 16])
    error = differences.std() / math.sqrt(161)
    result = wald_interval(6, 16, 161, 0.95)

    assert result.high - result.low == pytest.approx(2 * 1.959963984540054 * error)
    assert result.high + result.low == pytest.approx(2 * differences.mean())


def test_wilson_ends_are_exact_at_the_edges() -> None:
    assert wilson_interval(0, 5, 1.96).low == 0
    assert wilson_interval(5, 5, 1.96).high == 1


def test_wilson_solves_its_own_equation() -> None:
    interval, z = wilson_interval(7, 20, 1.96), 1.96

    for end in (interval.low, interval.high):
        assert abs(0.35 - end) == pytest.approx(z * math.sqrt(end * (1 - end) / 20))


def test_wald_is_a_point_where_no_question_moved_and_bonett_price_is_not() -> None:
    flat, lively = wald_interval(0, 0, 50, 0.95), bonett_price_interval(0, 0, 50, 0.95)

    assert (flat.low, flat.high) == (0.0, 0.0)
    assert lively.low == pytest.approx(-lively.high)
    assert lively.high > 0.04


def test_swapping_the_models_mirrors_every_interval() -> None:
    pairs = [
        (method(4, 9, 60, 0.95), method(9, 4, 60, 0.95))
        for method in (bonett_price_interval, wald_interval)
    ]
    pairs.append(
        (
            newcombe_interval(Table(both=20, losses=4, gains=9, neither=27), 0.95),
            newcombe_interval(Table(both=20, losses=9, gains=4, neither=27), 0.95),
        )
    )
    for there, back in pairs:
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
