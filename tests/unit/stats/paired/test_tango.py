"""Tango's interval: the score's definition by brute-force likelihood, edges, precision."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtri

from evalsuite.stats.paired.tango import tango_interval, tango_score

Z = float(-ndtri(0.025))
TABLES = [
    (losses, gains, n)
    for n in (1, 2, 5, 8, 12)
    for losses in range(n + 1)
    for gains in range(n + 1 - losses)
]


def restricted_loss_probability(gain: float, losses: int, gains: int, n: int) -> float:
    """Find the loss probability of largest likelihood given the gain, by plain bisection.

    The likelihood q^losses (q + gain)^gains (1 - 2q - gain)^rest is log-concave in q, so its
    slope changes sign once.
    """
    rest = n - losses - gains
    low, high = max(0.0, -gain), (1 - gain) / 2
    for _ in range(200):
        q = (low + high) / 2
        slope = -2 * rest / (1 - 2 * q - gain) if rest else 0.0
        slope += losses / q if losses else 0.0
        slope += gains / (q + gain) if gains else 0.0
        low, high = (q, high) if slope > 0 else (low, q)
    return (low + high) / 2


def test_score_uses_the_restricted_maximum_likelihood_estimate() -> None:
    for losses, gains, n in TABLES:
        for gain in (-0.83, -0.4, -0.05, 0.05, 0.4, 0.83):
            q = restricted_loss_probability(gain, losses, gains, n)
            expected = (gains - losses - n * gain) / math.sqrt(n * (2 * q + gain - gain**2))

            assert tango_score(gain, losses, gains, n) == pytest.approx(expected, rel=1e-6)


def test_interval_is_where_the_score_crosses_the_normal_quantile() -> None:
    for losses, gains, n in TABLES:
        result = tango_interval(losses, gains, n, 0.95)

        if losses == n:
            assert result.low == -1
        else:
            assert tango_score(result.low, losses, gains, n) == pytest.approx(Z, abs=1e-6)
        if gains == n:
            assert result.high == 1
        else:
            assert tango_score(result.high, losses, gains, n) == pytest.approx(-Z, abs=1e-6)


def test_score_falls_as_the_supposed_gain_grows() -> None:
    for losses, gains, n in TABLES:
        scores = [tango_score(gain, losses, gains, n) for gain in np.linspace(-0.99, 0.99, 199)]

        assert all(later <= earlier + 1e-9 for earlier, later in pairwise(scores))


@pytest.mark.parametrize("n", [1, 5, 20, 100, 1319, 100_000])
def test_without_discordant_questions_the_ends_are_known(n: int) -> None:
    result = tango_interval(0, 0, n, 0.95)
    end = Z**2 / (n + Z**2)

    assert result.high == pytest.approx(end, rel=1e-12)
    assert result.low == pytest.approx(-end, rel=1e-12)


def test_ends_are_precise_beyond_the_usual_tolerance() -> None:
    """PropCIs stops bisecting at 1e-6; these ends solve the score equation to 1e-11."""
    result = tango_interval(64, 293, 1319, 0.95)

    assert abs(tango_score(result.low, 64, 293, 1319) - Z) < 1e-11
    assert abs(tango_score(result.high, 64, 293, 1319) + Z) < 1e-11


def test_score_is_infinite_where_no_variation_is_possible() -> None:
    assert tango_score(1.0, 0, 3, 5) == -math.inf
    assert tango_score(0.0, 0, 0, 5) == 0
