"""Power by brute force over every table, and the critical region of both tests."""

from math import comb, fsum

import numpy as np
import pytest
from scipy.stats import binom

from evalsuite.stats import mcnemar, power
from evalsuite.stats.planning.exact_power import PlanningTest, _critical_among, critical_losses

CELLS = [(0.0, 0.2), (0.05, 0.25), (0.12, 0.32), (0.2, 0.2), (0.4, 0.6), (0.3, 0.0), (0.0, 1.0)]


@pytest.mark.parametrize("test", ["exact", "mid-p"])
@pytest.mark.parametrize(("p_loss", "p_gain"), CELLS)
def test_power_sums_the_chance_of_every_rejected_table(
    p_loss: float, p_gain: float, test: str
) -> None:
    for n in range(1, 13):
        rest = max(1 - p_loss - p_gain, 0.0)
        expected = fsum(
            comb(n, b) * comb(n - b, c) * p_loss**b * p_gain**c * rest ** (n - b - c)
            for b in range(n + 1)
            for c in range(n + 1 - b)
            if mcnemar(b, c, method=test).pvalue <= 0.05  # type: ignore[arg-type]  # one of two
        )
        result = power(n, p_loss, p_gain, test=test)  # type: ignore[arg-type]  # one of two

        assert result == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("test", ["exact", "mid-p"])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_critical_losses_are_the_most_that_still_reject(alpha: float, test: str) -> None:
    for m, critical in enumerate(critical_losses(200, alpha, test)):
        if critical >= 0:
            assert mcnemar(int(critical), m - int(critical), method=test).pvalue <= alpha  # type: ignore[arg-type]
        following = int(critical) + 1
        if 2 * following < m:
            assert mcnemar(following, m - following, method=test).pvalue > alpha  # type: ignore[arg-type]


@pytest.mark.parametrize("alpha", [1e-300, 1e-12, 0.999])
@pytest.mark.parametrize("m", [1100, 4000])
def test_critical_losses_at_extreme_levels_are_those_of_the_binomial_law(
    alpha: float, m: int
) -> None:
    critical = int(critical_losses(m, alpha, "exact")[m])

    assert 2 * binom.cdf(critical, m, 0.5) <= alpha < 2 * binom.cdf(critical + 1, m, 0.5)


@pytest.mark.parametrize(
    ("m", "losses"),
    [(5, -1), (6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (14, 2), (15, 3), (16, 3), (17, 4),
     (19, 4), (20, 5), (25, 7), (50, 17), (100, 39)],
)  # fmt: skip
def test_critical_losses_of_the_exact_test_are_the_published_ones(m: int, losses: int) -> None:
    assert critical_losses(128, 0.05, "exact")[m] == losses


def test_no_truth_can_be_shown_with_five_questions() -> None:
    assert power(5, 0.0, 1.0) == 0


def test_nothing_is_rejected_where_the_models_never_differ() -> None:
    assert power(100, 0.0, 0.0) == 0


def test_large_samples_are_summed_over_the_likely_counts_only() -> None:
    assert power(100_000, 0.1, 0.11) == pytest.approx(1.0, abs=1e-3)
    assert power(100_000, 0.1, 0.1) == pytest.approx(0.05, abs=0.002)


def test_power_is_a_probability_where_rounding_would_exceed_it() -> None:
    assert power(1319, 26 / 1319, 464 / 1319) <= 1.0


@pytest.mark.parametrize("test", ["exact", "mid-p"])
def test_blocks_of_many_questions_are_the_table_of_all(test: PlanningTest) -> None:
    counts = np.arange(8_100, 16_500)

    in_blocks = _critical_among(counts, 0.05, test)

    assert np.array_equal(in_blocks, critical_losses(1 << 15, 0.05, test)[counts])
