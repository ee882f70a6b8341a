from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import order_trend


def test_the_law_over_all_orders_has_the_variance_it_is_given() -> None:
    """Enumeration: every order of seven outcomes."""
    orders = permutations([1, 1, 0, 0, 0, -1, 1])
    correlations = [order_trend(order).correlation or 0.0 for order in orders]

    assert np.mean(correlations) == pytest.approx(0, abs=1e-12)
    assert np.var(correlations) == pytest.approx(1 / 6)


def test_a_shuffled_order_is_suspected_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    outcomes = np.repeat([-1, 0, 1], [30, 200, 70])
    rate = np.mean([order_trend(rng.permutation(outcomes)).pvalue <= 0.05 for _ in range(1_000)])

    assert rate == pytest.approx(0.05, abs=0.02)


def test_an_order_by_difficulty_is_seen() -> None:
    """Equal models: base is right on what comes first, trained on what comes last."""
    rng = np.random.default_rng(1)
    shift = np.linspace(-0.08, 0.08, 600)
    outcomes = np.where(rng.random(600) < 0.1 + shift, 1, np.where(rng.random(600) < 0.1, -1, 0))

    assert order_trend(outcomes).pvalue < 0.01


def test_outcomes_that_are_all_alike_have_no_trend() -> None:
    assert (order_trend([0, 0, 0]).correlation, order_trend([0]).pvalue) == (None, 1.0)


def test_numbers_beyond_a_gain_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="-1"):
        order_trend([2, 0])
