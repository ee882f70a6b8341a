"""What counts as a trend, and how seldom scatter does."""

from __future__ import annotations

import numpy as np
import pytest

from evalsuite.training.failures.trends import Trend, trend


@pytest.mark.parametrize(
    ("steps", "likeness", "most"),
    # Measured with 8,000 logs each: 0.0000, 0.0046, 0.0013, 0.0011, 0.0056 (docs/training.md).
    [(60, 0.0, 0.004), (60, 0.5, 0.011), (200, 0.0, 0.004), (200, 0.5, 0.005), (200, 0.9, 0.012)],
)
def test_scatter_alone_is_seldom_called_a_rise(steps: int, likeness: float, most: float) -> None:
    shocks = np.random.default_rng(1).normal(size=(2_000, steps))
    shocks[:, 1:] *= (1 - likeness**2) ** 0.5
    for step in range(1, steps):
        shocks[:, step] += likeness * shocks[:, step - 1]
    trends = [trend([{"x": float(v)} for v in log], "x") for log in shocks]
    assert sum(each is not None and each.rises for each in trends) <= most * len(trends)


def test_the_best_of_many_format_columns_must_rise_more() -> None:
    rise = Trend(first=0.2, last=0.3, errors=3.1)
    assert rise.rises_among(1)
    assert not rise.rises_among(5)


def test_numbers_whose_squares_no_float_holds_have_no_trend() -> None:
    assert trend([{"reward": (-1.0) ** i * 1e308} for i in range(60)], "reward") is None


def test_a_short_log_has_no_trend() -> None:
    assert trend([{"reward": float(i)} for i in range(23)], "reward") is None
