"""One accuracy: each interval satisfies its definition for every count of up to 12 questions."""

import math

import pytest
from scipy import stats

from evalsuite.stats import proportion_interval

SMALL = [(x, n) for n in range(1, 13) for x in range(n + 1)]
Z = 1.959963984540054


def test_wilson_ends_are_z_standard_errors_of_the_supposed_accuracy_away() -> None:
    for x, n in SMALL:
        result = proportion_interval(x, n)
        for end, pinned in ((result.low, x == 0), (result.high, x == n)):
            if not pinned:
                assert abs(x / n - end) == pytest.approx(Z * math.sqrt(end * (1 - end) / n))


def test_clopper_pearson_leaves_at_most_a_fortieth_in_each_tail() -> None:
    for x, n in SMALL:
        result = proportion_interval(x, n, method="clopper-pearson")
        if x:
            assert stats.binom.sf(x - 1, n, result.low) == pytest.approx(0.025, abs=1e-10)
        if x < n:
            assert stats.binom.cdf(x, n, result.high) == pytest.approx(0.025, abs=1e-10)


def test_jeffreys_ends_are_beta_quantiles_pinned_at_the_edges() -> None:
    for x, n in SMALL:
        result = proportion_interval(x, n, method="jeffreys")
        law = stats.beta(x + 0.5, n - x + 0.5)

        assert result.low == pytest.approx(law.ppf(0.025) if x else 0.0)
        assert result.high == pytest.approx(law.ppf(0.975) if x < n else 1.0)


@pytest.mark.parametrize(
    ("x", "method", "low", "high"),
    [
        (5, "wilson", 0.566, 1.0),
        (5, "clopper-pearson", 0.478, 1.0),
        (0, "wilson", 0.0, 0.434),
    ],
)
def test_five_of_five_is_no_proof_of_100_percent(
    x: int, method: str, low: float, high: float
) -> None:
    result = proportion_interval(x, 5, method=method)  # type: ignore[arg-type]  # one of three

    assert (result.low, result.high) == pytest.approx((low, high), abs=5e-4)
    assert (result.estimate, result.n) == (x / 5, 5)
