"""The law of T (2B - 1) against draws, quadrature and its degenerate cases."""

import numpy as np
import pytest
from scipy import stats

from evalsuite.stats.paired.product_law import Beta, product_cdf, product_quantile

LAWS = [
    (Beta(a=2, b=5), Beta(a=3, b=2)),
    (Beta(a=1, b=1), Beta(a=1, b=1)),
    (Beta(a=359, b=964), Beta(a=294, b=65)),
    (Beta(a=40, b=2), Beta(a=1, b=12)),
]


@pytest.mark.parametrize(("size", "share"), LAWS)
def test_cdf_agrees_with_draws(size: Beta, share: Beta) -> None:
    rng = np.random.default_rng(3)
    draws = rng.beta(size.a, size.b, 300_000) * (2 * rng.beta(share.a, share.b, 300_000) - 1)
    for value in np.quantile(draws, [0.01, 0.3, 0.7, 0.99]):
        assert product_cdf(float(value), size, share) == pytest.approx(
            float((draws <= value).mean()), abs=0.004
        )


@pytest.mark.parametrize(("size", "share"), LAWS)
@pytest.mark.parametrize("level", [0.001, 0.025, 0.5, 0.975, 0.999])
def test_quantile_inverts_the_cdf(size: Beta, share: Beta, level: float) -> None:
    result = product_quantile(level, size, share)

    assert product_cdf(result, size, share) == pytest.approx(level, abs=1e-11)


def test_cdf_runs_from_0_to_1_and_meets_the_share_at_0() -> None:
    size, share = LAWS[0]

    assert product_cdf(-1, size, share) == 0
    assert product_cdf(1, size, share) == 1
    assert product_cdf(0, size, share) == pytest.approx(stats.beta(3, 2).cdf(0.5))


def test_points_leave_the_other_law_alone() -> None:
    size = Beta(a=2, b=5)
    some = stats.beta(2, 5)

    assert product_quantile(0.3, size, Beta(a=4, b=0)) == pytest.approx(some.ppf(0.3))
    assert product_quantile(0.3, size, Beta(a=0, b=4)) == pytest.approx(-some.ppf(0.7))
    assert product_quantile(0.3, Beta(a=4, b=0), size) == pytest.approx(2 * some.ppf(0.3) - 1)
    assert product_quantile(0.3, Beta(a=0, b=4), size) == 0
    assert product_quantile(0.3, Beta(a=4, b=0), Beta(a=0, b=4)) == -1


@pytest.mark.parametrize("tail", [1e-5, 1e-6, 5e-8])
@pytest.mark.parametrize("share", [Beta(a=1, b=1), Beta(a=2, b=1), Beta(a=1, b=2)])
def test_a_quantile_may_lie_beyond_ten_standard_deviations(share: Beta, tail: float) -> None:
    """With one discordant question in a thousand the tails fall like e^-x, not like a normal's."""
    size = Beta(a=1, b=1000)

    low, high = product_quantile(tail, size, share), product_quantile(1 - tail, size, share)

    assert product_cdf(low, size, share) == pytest.approx(tail, rel=1e-4)
    assert 1 - product_cdf(high, size, share) == pytest.approx(tail, rel=1e-4)
