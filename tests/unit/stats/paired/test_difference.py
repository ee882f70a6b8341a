"""The interval of the gain, method by method: definitions, edges, known defects."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Table
from evalsuite.stats import difference_interval
from evalsuite.stats.paired.bootstrap import bca_interval, gain_law, percentile_interval
from evalsuite.stats.paired.closed_form import newcombe_interval, wald_interval, wilson_interval
from evalsuite.stats.paired.fay_lumbard import fay_lumbard_interval

SAFE = ("tango", "newcombe", "bonett-price", "fay-lumbard")
SMALL = [
    (both, losses, gains, n - both - losses - gains)
    for n in (1, 3, 6, 12)
    for both in range(n + 1)
    for losses in range(n + 1 - both)
    for gains in range(n + 1 - both - losses)
]


def test_default_is_the_tango_interval_at_95_percent() -> None:
    found = difference_interval(80, 6, 16, 59)

    assert (found.method, found.confidence_level, found.n) == ("tango", 0.95, 161)
    assert found.estimate == pytest.approx(10 / 161)


@pytest.mark.parametrize("method", SAFE)
@pytest.mark.parametrize("n", [1, 5, 20, 1319])
def test_no_discordant_question_never_gives_a_point(method: str, n: int) -> None:
    for both in {0, n // 2, n}:
        found = difference_interval(both, 0, 0, n - both, method=method)  # type: ignore[arg-type]

        assert found.low < 0 < found.high


@pytest.mark.parametrize("method", ["wald", "bootstrap", "bca"])
@pytest.mark.parametrize(
    ("table", "moved"),
    [((3, 0, 0, 2), "no question moved"), ((0, 0, 5, 0), "every question moved one way")],
)
def test_methods_that_would_give_a_point_refuse(
    method: str, table: tuple[int, int, int, int], moved: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"{moved}.*use method='tango'"):
        difference_interval(*table, method=method)  # type: ignore[arg-type]


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
        found = difference_interval(*table, method="newcombe")

        assert (found.low, found.high) == pytest.approx(newcombe_by_the_book(table), abs=1e-12)


def test_newcombe_takes_n_half_off_a_positive_correlation() -> None:
    """Without the n/2 correction (27, 0, 0, 27) would give the interval [0, 0]."""
    found = newcombe_interval(Table(both=27, losses=0, gains=0, neither=27), 0.95)

    assert found.high == pytest.approx(0.03507, abs=1e-5)
    assert found.low == pytest.approx(-0.03507, abs=1e-5)


def test_bonett_price_adds_one_loss_and_one_gain() -> None:
    for table in SMALL:
        n = sum(table) + 2
        p12, p21 = (table[1] + 1) / n, (table[2] + 1) / n
        spread = 1.959963984540054 * math.sqrt((p12 + p21 - (p21 - p12) ** 2) / n)
        found = difference_interval(*table, method="bonett-price")

        assert found.low == pytest.approx(max(p21 - p12 - spread, -1), abs=1e-12)
        assert found.high == pytest.approx(min(p21 - p12 + spread, 1), abs=1e-12)


def test_wald_is_the_normal_interval_of_the_mean_difference() -> None:
    differences = np.repeat([-1, 0, 1], [6, 139, 16])
    error = differences.std() / math.sqrt(161)
    found = wald_interval(6, 16, 161, 0.95)

    assert found.high - found.low == pytest.approx(2 * 1.959963984540054 * error)
    assert found.high + found.low == pytest.approx(2 * differences.mean())


def law_by_enumeration(losses: int, gains: int, n: int) -> np.ndarray:
    """Every one of the n^n resamples of n questions, counted."""
    values = [-1] * losses + [1] * gains + [0] * (n - losses - gains)
    law = np.zeros(2 * n + 1)
    for sample in product(values, repeat=n):
        law[n + sum(sample)] += n**-n
    return law


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(0, 0, 4), (1, 2, 5), (0, 1, 5), (2, 2, 6), (6, 0, 6), (1, 0, 1)]
)
def test_bootstrap_law_counts_every_resample(losses: int, gains: int, n: int) -> None:
    assert gain_law(losses, gains, n) == pytest.approx(law_by_enumeration(losses, gains, n))


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(0, 0, 3), (1, 1, 3), (0, 3, 7), (2, 4, 7), (1, 10, 12), (3, 4, 12)]
)
def test_percentile_ends_are_the_lattice_quantiles(losses: int, gains: int, n: int) -> None:
    """inf{x: F(x) >= q}, from the trinomial probabilities themselves."""
    law = np.zeros(2 * n + 1)
    for b in range(n + 1):
        for c in range(n + 1 - b):
            law[n + c - b] += stats.multinomial.pmf(
                [b, c, n - b - c], n, [losses / n, gains / n, 1 - (losses + gains) / n]
            )
    cumulative = law.cumsum()
    found = percentile_interval(losses, gains, n, 0.95)

    assert found.low == (int(np.argmax(cumulative >= 0.025 - 1e-12)) - n) / n
    assert found.high == (int(np.argmax(cumulative >= 0.975 - 1e-12)) - n) / n


def test_exact_bootstrap_agrees_with_many_draws() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.multinomial(161, [6 / 161, 16 / 161, 139 / 161], size=400_000)
    gains = (drawn[:, 1] - drawn[:, 0]) / 161
    found = percentile_interval(6, 16, 161, 0.95)

    assert (found.low, found.high) == pytest.approx(
        np.quantile(gains, [0.025, 0.975], method="inverted_cdf"), abs=1.01 / 161
    )


def test_bca_agrees_with_scipy_where_scipy_draws() -> None:
    values = np.repeat([-1.0, 0.0, 1.0], [64, 962, 293])
    drawn = stats.bootstrap(
        (values,), np.mean, n_resamples=5_000, rng=np.random.default_rng(3), method="BCa"
    ).confidence_interval
    found = bca_interval(64, 293, 1319, 0.95)

    assert (found.low, found.high) == pytest.approx((drawn.low, drawn.high), abs=0.003)


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(1, 2, 5), (0, 1, 5), (1, 6, 8), (0, 12, 60), (6, 16, 161)]
)
def test_bca_follows_its_definition(losses: int, gains: int, n: int) -> None:
    """Efron (1987): bias from the law with ties counted half, acceleration from a jackknife."""
    values = np.repeat([-1.0, 0.0, 1.0], [losses, n - losses - gains, gains])
    law, support = gain_law(losses, gains, n), np.arange(-n, n + 1) / n
    below = law[support < values.mean() - 1e-12].sum()
    tied = law[np.abs(support - values.mean()) < 1e-12].sum()
    bias = stats.norm.ppf(below + tied / 2)
    left_out = np.array([np.delete(values, i).mean() for i in range(n)])
    spread = left_out.mean() - left_out
    acceleration = (spread**3).sum() / (6 * (spread**2).sum() ** 1.5)
    ends = []
    for z in stats.norm.ppf([0.025, 0.975]):
        level = stats.norm.cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
        ends.append(support[np.argmax(law.cumsum() >= level - 1e-12)])
    found = bca_interval(losses, gains, n, 0.95)

    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-12)


def test_bca_shifts_towards_the_longer_tail() -> None:
    plain, shifted = percentile_interval(0, 12, 60, 0.95), bca_interval(0, 12, 60, 0.95)

    assert shifted.low >= plain.low
    assert shifted.high > plain.high


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(1, 2, 5), (0, 1, 5), (0, 12, 12), (6, 16, 161), (64, 293, 1319)]
)
def test_fay_lumbard_ends_solve_their_equation(losses: int, gains: int, n: int) -> None:
    """P(T (2B - 1) <= low) is alpha / 2 for the worse T, by adaptive quadrature."""
    found = fay_lumbard_interval(losses, gains, n, 0.95)
    m = losses + gains
    sizes = [stats.beta(m, n - m + 1)] + ([stats.beta(m + 1, n - m)] if m < n else [])

    def tail(end: float, share: Any) -> float:
        chances: list[float] = []
        for size in sizes:
            start = max(abs(end), float(size.ppf(1e-13)))
            inner, _ = integrate.quad(
                lambda t, size=size: size.pdf(t) * share.cdf((1 + end / t) / 2),
                start, float(size.ppf(1 - 1e-13)), epsabs=1e-11, limit=200,
            )  # fmt: skip
            chances.append(inner + (size.cdf(end) if end > 0 else 0.0))
        return max(chances)

    if gains and (losses or gains < n):
        assert tail(found.low, stats.beta(gains, losses + 1)) == pytest.approx(0.025, abs=1e-7)
    if losses:
        share = stats.beta(losses, gains + 1)  # the mirror image
        assert tail(-found.high, share) == pytest.approx(0.025, abs=1e-7)


def test_fay_lumbard_without_discordant_questions_is_a_beta_quantile() -> None:
    found = fay_lumbard_interval(0, 0, 5, 0.95)

    assert found.high == pytest.approx(1 - 0.025**0.2, abs=1e-12)
    assert found.low == -found.high


def test_fay_lumbard_when_everything_moved_is_clopper_pearson_towards_zero() -> None:
    """With m = n the wider law of T is the point 1, which leaves the interval of 2 share - 1."""
    found = fay_lumbard_interval(7, 5, 12, 0.95)

    assert found.low == pytest.approx(2 * stats.beta(5, 8).ppf(0.025) - 1, abs=1e-10)


def test_wilson_ends_are_exact_at_the_edges() -> None:
    assert wilson_interval(0, 5, 1.96).low == 0
    assert wilson_interval(5, 5, 1.96).high == 1
