"""The interval that never contradicts the exact McNemar test."""

import pytest
from scipy import integrate, stats

from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.product_law import fay_lumbard_interval


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(1, 2, 5), (0, 1, 5), (0, 12, 12), (6, 16, 161), (64, 293, 1319)]
)
def test_fay_lumbard_ends_solve_their_equation(losses: int, gains: int, n: int) -> None:
    """P(T (2B - 1) <= low) is alpha / 2 for the worse T, by adaptive quadrature."""
    result = fay_lumbard_interval(losses, gains, n, 0.95)
    m = losses + gains
    sizes = [stats.beta(m, n - m + 1)] + ([stats.beta(m + 1, n - m)] if m < n else [])

    def tail(end: float, share: object) -> float:
        chances = []
        for size in sizes:
            start = max(abs(end), float(size.ppf(1e-13)))
            inner, _ = integrate.quad(
                lambda t, size=size: size.pdf(t) * share.cdf((1 + end / t) / 2),  # type: ignore[attr-defined]
                start, float(size.ppf(1 - 1e-13)), epsabs=1e-11, limit=200,
            )  # fmt: skip
            chances.append(float(inner + (size.cdf(end) if end > 0 else 0.0)))
        return max(chances)

    if gains and (losses or gains < n):
        assert tail(result.low, stats.beta(gains, losses + 1)) == pytest.approx(0.025, abs=1e-7)
    if losses:
        share = stats.beta(losses, gains + 1)  # the mirror image
        assert tail(-result.high, share) == pytest.approx(0.025, abs=1e-7)


def test_fay_lumbard_without_discordant_questions_is_a_beta_quantile() -> None:
    result = fay_lumbard_interval(0, 0, 5, 0.95)

    assert result.high == pytest.approx(1 - 0.025**0.2, abs=1e-12)
    assert result.low == -result.high


def test_fay_lumbard_when_everything_moved_is_clopper_pearson_towards_zero() -> None:
    """With m = n the wider law of T is the point 1, which leaves the interval of 2 share - 1."""
    result = fay_lumbard_interval(7, 5, 12, 0.95)

    assert result.low == pytest.approx(2 * stats.beta(5, 8).ppf(0.025) - 1, abs=1e-10)


@pytest.mark.parametrize("n", [12, 200])
def test_it_excludes_0_exactly_when_the_exact_test_rejects(n: int) -> None:
    for losses in range(7):
        for gains in range(n - losses + 1 if n == 12 else 13):
            interval = fay_lumbard_interval(losses, gains, n, 0.95)
            excludes = not interval.low <= 0 <= interval.high
            assert excludes == (mcnemar(losses, gains).pvalue <= 0.05), (losses, gains)


def test_swapping_the_models_mirrors_it() -> None:
    there, back = fay_lumbard_interval(3, 9, 50, 0.95), fay_lumbard_interval(9, 3, 50, 0.95)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_a_level_beyond_four_nines_is_wider_still() -> None:
    widths = [
        fay_lumbard_interval(1, 1, 1_319, level).high for level in (0.9999, 0.999999, 0.99999999)
    ]

    assert widths == sorted(set(widths))
