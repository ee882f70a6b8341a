"""The exact bootstrap law of the gain, and the intervals that are its quantiles."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy import stats

from evalsuite.records.comparison import Interval
from evalsuite.stats.paired.bootstrap import bca_interval, gain_law, gain_range, percentile_interval


def whole_law(losses: int, gains: int, n: int) -> np.ndarray:
    """Give the law with all its 2n + 1 entries."""
    law, first = gain_law([losses / n, (n - losses - gains) / n, gains / n], n)
    return np.pad(law, (n + first, n + 1 - first - len(law)))


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
    assert whole_law(losses, gains, n) == pytest.approx(law_by_enumeration(losses, gains, n))


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
    result = percentile_interval(losses, gains, n, 0.95)

    assert result.low == (int(np.argmax(cumulative >= 0.025 - 1e-12)) - n) / n
    assert result.high == (int(np.argmax(cumulative >= 0.975 - 1e-12)) - n) / n


def test_exact_bootstrap_agrees_with_many_draws() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.multinomial(161, [6 / 161, 16 / 161, 139 / 161], size=400_000)
    gains = (drawn[:, 1] - drawn[:, 0]) / 161
    result = percentile_interval(6, 16, 161, 0.95)

    assert (result.low, result.high) == pytest.approx(
        np.quantile(gains, [0.025, 0.975], method="inverted_cdf"), abs=1.01 / 161
    )


def test_bca_agrees_with_scipy_where_scipy_draws() -> None:
    values = np.repeat([-1.0, 0.0, 1.0], [64, 962, 293])
    drawn = stats.bootstrap(
        (values,), np.mean, n_resamples=5_000, rng=np.random.default_rng(3), method="BCa"
    ).confidence_interval
    result = bca_interval(64, 293, 1319, 0.95)

    assert (result.low, result.high) == pytest.approx((drawn.low, drawn.high), abs=0.003)


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(1, 2, 5), (0, 1, 5), (1, 6, 8), (0, 12, 60), (6, 16, 161)]
)
def test_bca_follows_its_definition(losses: int, gains: int, n: int) -> None:
    """Efron (1987): bias from the law with ties counted half, acceleration from a jackknife."""
    values = np.repeat([-1.0, 0.0, 1.0], [losses, n - losses - gains, gains])
    law, support = whole_law(losses, gains, n), np.arange(-n, n + 1) / n
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
    result = bca_interval(losses, gains, n, 0.95)

    assert (result.low, result.high) == pytest.approx(tuple(ends), abs=1e-12)


def test_bca_shifts_towards_the_longer_tail() -> None:
    plain, shifted = percentile_interval(0, 12, 60, 0.95), bca_interval(0, 12, 60, 0.95)

    assert shifted.low >= plain.low
    assert shifted.high > plain.high


@pytest.mark.parametrize("method", [percentile_interval, bca_interval])
def test_swapping_the_models_mirrors_the_interval(
    method: Callable[[int, int, int, float], Interval],
) -> None:
    there, back = method(12, 31, 200, 0.95), method(31, 12, 200, 0.95)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1 / 200)


@pytest.mark.parametrize("method", [percentile_interval, bca_interval])
@pytest.mark.parametrize(("losses", "gains", "gain"), [(0, 0, 0.0), (0, 20, 1.0), (20, 0, -1.0)])
def test_without_movement_the_interval_is_a_point(
    method: Callable[[int, int, int, float], Interval], losses: int, gains: int, gain: float
) -> None:
    interval = method(losses, gains, 20, 0.95)

    assert (interval.low, interval.high) == (gain, gain)


@pytest.mark.parametrize(
    ("losses", "gains", "n"), [(0, 1, 2), (3, 9, 40), (900, 1100, 2000), (1, 0, 3000)]
)
def test_what_a_trimmed_law_leaves_out_moves_no_end(losses: int, gains: int, n: int) -> None:
    step, law = np.array([losses, n - losses - gains, gains]) / n, np.ones(1)
    for _ in range(n):
        law = np.convolve(law, step)
    cumulative = np.cumsum(law)

    interval = percentile_interval(losses, gains, n, 0.95)

    ends = [int(np.searchsorted(cumulative, level - 1e-12)) - n for level in (0.025, 0.975)]
    assert [interval.low * n, interval.high * n] == pytest.approx(ends)


def test_a_million_questions_take_a_moment() -> None:
    interval = percentile_interval(300_000, 200_000, 1_000_000, 0.95)

    spread = 1.959964 * (0.5 - 0.1**2) ** 0.5 / 1000
    assert interval.low == pytest.approx(-0.1 - spread, abs=2e-6)
    assert interval.high == pytest.approx(-0.1 + spread, abs=2e-6)


@pytest.mark.parametrize(("p_loss", "p_gain"), [(0.1, 0.1), (0.05, 0.25), (0.0, 0.4), (0.3, 0.1)])
@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_range_is_that_of_all_outcomes_enumerated(p_loss: float, p_gain: float, n: int) -> None:
    law: dict[int, float] = {}
    chances = {-1: p_loss, 0: 1 - p_loss - p_gain, 1: p_gain}
    for outcome in product(chances, repeat=n):
        law[sum(outcome)] = law.get(sum(outcome), 0) + float(np.prod([chances[o] for o in outcome]))
    cumulative = dict(zip(sorted(law), np.cumsum([law[k] for k in sorted(law)]), strict=True))

    found = gain_range(p_loss, p_gain, n)

    low = min(k for k, c in cumulative.items() if c >= 0.025)
    high = min(k for k, c in cumulative.items() if c >= 0.975 - 1e-12)
    assert (round(found.low * n), round(found.high * n)) == (low, high)


def test_range_of_models_that_never_differ_is_a_point() -> None:
    found = gain_range(0.0, 0.0, 100)

    assert (found.low, found.high) == (0.0, 0.0)


def test_range_of_a_large_run_is_the_normal_one() -> None:
    """For n = 1,319 the exact law and its normal approximation agree within two questions."""
    p_loss, p_gain, n = 132 / 1319, 171 / 1319, 1319
    spread = 1.959964 * np.sqrt((p_loss + p_gain - (p_gain - p_loss) ** 2) / n)

    found = gain_range(p_loss, p_gain, n)

    assert abs(found.low - (p_gain - p_loss - spread)) < 2 / n
    assert abs(found.high - (p_gain - p_loss + spread)) < 2 / n
