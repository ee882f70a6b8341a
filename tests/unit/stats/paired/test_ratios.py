"""Ratios: their defining equations, infinite values, and the doubling that is none."""

import math

import pytest
from scipy import optimize, stats

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Table
from evalsuite.stats import discordant_odds_ratio, relative_risk
from evalsuite.stats.paired.ratios import tang_score

TABLES = [(3, 2, 5, 4), (1, 7, 1, 12), (59, 16, 6, 80), (0, 1, 2, 2), (0, 3, 4, 5), (6, 0, 3, 0)]


def score_by_likelihood(ratio: float, table: Table) -> float:
    """Give the score with the restricted estimate found by maximising the likelihood itself."""
    cells = (table.both, table.losses, table.gains, table.neither)

    def minus_log_likelihood(where: float) -> float:
        right_base, losses = _cells_at(where)
        both, gains = right_base - losses, ratio * right_base - right_base + losses
        probabilities = (both, losses, gains, 1 - both - losses - gains)
        return -sum(
            count * math.log(max(p, 1e-300))
            for count, p in zip(cells, probabilities, strict=True)
            if count
        )

    right = (table.both + table.losses + table.gains) / table.n

    def _cells_at(losses: float) -> tuple[float, float]:
        # the share that is right anywhere keeps its observed value under the restriction
        return (right - losses) / ratio, losses

    lowest = max(0.0, right * (1 - ratio))  # gains at least 0
    highest = right / (1 + ratio)  # both at least 0
    losses = optimize.minimize_scalar(
        minus_log_likelihood, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}
    ).x
    variance = table.n * ((1 + ratio) * losses + right * (ratio - 1))
    base, trained = table.both + table.losses, table.both + table.gains
    return float((trained - ratio * base) / math.sqrt(variance))


@pytest.mark.parametrize("cells", TABLES)
@pytest.mark.parametrize("ratio", [0.3, 0.8, 1.4, 3.0])
def test_tang_score_uses_the_restricted_estimate(
    cells: tuple[int, int, int, int], ratio: float
) -> None:
    table = Table(both=cells[0], losses=cells[1], gains=cells[2], neither=cells[3])

    assert tang_score(ratio, table) == pytest.approx(score_by_likelihood(ratio, table), abs=1e-4)


@pytest.mark.parametrize("cells", TABLES)
def test_tang_ends_have_the_wanted_score(cells: tuple[int, int, int, int]) -> None:
    table = Table(both=cells[0], losses=cells[1], gains=cells[2], neither=cells[3])
    result = relative_risk(*cells)

    assert tang_score(result.low, table) == pytest.approx(1.959963984540054, abs=1e-6)
    assert result.high is not None
    assert tang_score(result.high, table) == pytest.approx(-1.959963984540054, abs=1e-6)


def test_relative_risk_of_a_base_without_right_answers_is_unbounded() -> None:
    for method in ("tang", "bonett-price"):
        result = relative_risk(0, 0, 4, 6, method=method)

        assert result.estimate is None
        assert result.high is None
        assert result.low > 0


def test_relative_risk_of_a_trained_model_without_right_answers_starts_at_zero() -> None:
    result = relative_risk(0, 4, 0, 6)

    assert (result.estimate, result.low) == (0, 0)
    assert result.high is not None
    assert result.high < 1


def test_relative_risk_of_two_models_without_right_answers_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="report the gain instead"):
        relative_risk(0, 0, 0, 5)


def test_one_of_five_to_two_of_five_is_no_doubling() -> None:
    kept, lost = relative_risk(1, 0, 1, 3), relative_risk(0, 1, 2, 2)

    assert (kept.estimate, lost.estimate) == (2, 2)
    assert (kept.low, kept.high) == pytest.approx((0.41, 10.6), rel=0.01)
    assert (lost.low, lost.high) == pytest.approx((0.26, 15.3), rel=0.01)


@pytest.mark.parametrize(("losses", "gains"), [(1, 4), (4, 1), (2, 25), (6, 16)])
def test_odds_ratio_ends_leave_a_fortieth_in_each_tail(losses: int, gains: int) -> None:
    result, m = discordant_odds_ratio(losses, gains), losses + gains
    assert result.high is not None

    low, high = result.low / (1 + result.low), result.high / (1 + result.high)
    assert stats.binom.sf(gains - 1, m, low) == pytest.approx(0.025, abs=1e-9)
    assert stats.binom.cdf(gains, m, high) == pytest.approx(0.025, abs=1e-9)


def test_mid_p_odds_ratio_counts_half_of_the_observed_outcome() -> None:
    result = discordant_odds_ratio(6, 16, method="mid-p")
    low = result.low / (1 + result.low)

    tail = stats.binom.sf(16, 22, low) + stats.binom.pmf(16, 22, low) / 2
    assert tail == pytest.approx(0.025, abs=1e-9)


def test_odds_ratio_without_losses_is_infinite_with_a_finite_lower_end() -> None:
    for method in ("clopper-pearson", "mid-p"):
        result = discordant_odds_ratio(0, 6, method=method)

        assert (result.estimate, result.high) == (None, None)
        assert result.low > 1


def test_odds_ratio_without_discordant_questions_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="undefined"):
        discordant_odds_ratio(0, 0)
