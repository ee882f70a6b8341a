"""The binomial law and its exact intervals against scipy and their own defining equations."""

import numpy as np
import pytest
import scipy.stats

from evalsuite.stats.binomial import clopper_pearson, log_choose, mid_p_interval, pmf


@pytest.mark.parametrize(("n", "probability"), [(1, 0.3), (20, 0.0), (20, 1.0), (1_319, 0.27)])
def test_pmf_against_scipy_and_sums_to_one(n: int, probability: float) -> None:
    counts = np.arange(n + 1)
    law = pmf(counts, n, probability)

    assert law == pytest.approx(scipy.stats.binom(n, probability).pmf(counts), rel=1e-9)
    assert law.sum() == pytest.approx(1)


def test_log_choose_is_symmetric_and_zero_at_the_ends() -> None:
    assert log_choose(52, 5) == pytest.approx(np.log(2_598_960))
    assert log_choose(52, 47) == pytest.approx(log_choose(52, 5))
    assert log_choose(9, 0) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 5), (5, 5), (3, 20), (350, 1_319)])
def test_clopper_pearson_against_scipy(successes: int, n: int) -> None:
    interval = clopper_pearson(successes, n, 0.95)

    oracle = scipy.stats.binomtest(successes, n).proportion_ci(0.95, method="exact")
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high))


@pytest.mark.parametrize(("successes", "n"), [(1, 5), (3, 20), (171, 303)])
def test_mid_p_ends_leave_half_of_alpha_when_half_of_the_outcome_counts(
    successes: int, n: int
) -> None:
    interval = mid_p_interval(successes, n, 0.9)

    low, high = scipy.stats.binom(n, interval.low), scipy.stats.binom(n, interval.high)
    assert low.sf(successes) + low.pmf(successes) / 2 == pytest.approx(0.05)
    assert high.cdf(successes) - high.pmf(successes) / 2 == pytest.approx(0.05)


def test_intervals_mirror_when_right_and_wrong_are_swapped() -> None:
    for method in (clopper_pearson, mid_p_interval):
        there, back = method(3, 20, 0.95), method(17, 20, 0.95)
        assert (there.low, there.high) == pytest.approx((1 - back.high, 1 - back.low))
