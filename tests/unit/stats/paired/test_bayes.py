"""The Dirichlet posterior against sampling and direct integration."""

import numpy as np
import pytest
from scipy import integrate, stats

from evalsuite.stats import paired_posterior

TABLES = [(1, 0, 1, 3), (0, 1, 2, 2), (59, 16, 6, 80), (0, 0, 0, 1), (0, 5, 0, 0), (2, 3, 4, 3)]


@pytest.mark.parametrize("table", TABLES)
def test_interval_and_probability_agree_with_draws_from_the_dirichlet(
    table: tuple[int, int, int, int],
) -> None:
    draws = np.random.default_rng(11).dirichlet([count + 1 for count in table], size=400_000)
    gains = draws[:, 2] - draws[:, 1]
    result = paired_posterior(*table)

    assert result.probability_of_gain == pytest.approx(float((gains > 0).mean()), abs=0.004)
    assert result.estimate == pytest.approx(float(gains.mean()), abs=0.002)
    assert stats.rankdata([*gains, result.low])[-1] / len(gains) == pytest.approx(0.025, abs=0.001)
    assert stats.rankdata([*gains, result.high])[-1] / len(gains) == pytest.approx(0.975, abs=0.001)


@pytest.mark.parametrize(("losses", "gains"), [(0, 1), (1, 2), (3, 7)])
def test_probability_of_gain_is_a_beta_integral(losses: int, gains: int) -> None:
    share = stats.beta(gains + 1, losses + 1)
    expected, _ = integrate.quad(share.pdf, 0.5, 1)

    assert paired_posterior(4, losses, gains, 4).probability_of_gain == pytest.approx(expected)


def test_one_of_five_to_two_of_five_leaves_a_quarter_for_no_gain_or_more() -> None:
    assert paired_posterior(1, 0, 1, 3).probability_of_gain == pytest.approx(0.75)
    assert paired_posterior(0, 1, 2, 2).probability_of_gain == pytest.approx(0.6875)


def test_data_that_say_nothing_leave_the_prior_half() -> None:
    assert paired_posterior(5, 0, 0, 5).probability_of_gain == 0.5
