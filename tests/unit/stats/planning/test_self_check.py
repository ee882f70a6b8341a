import itertools
import math

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.planning import self_check as simulate
from evalsuite.stats.planning.self_check import self_check


@pytest.mark.parametrize(("n", "p_loss", "p_gain"), [(5, 0.05, 0.25), (12, 0.2, 0.3), (9, 0, 0.3)])
def test_self_check_against_every_interval_and_pvalue(n: int, p_loss: float, p_gain: float) -> None:
    covered = below = rejected = alarm = 0.0
    half = (p_loss + p_gain) / 2
    for losses, gains in itertools.product(range(n + 1), repeat=2):
        alike = n - losses - gains
        if alike < 0:
            continue
        ways = math.factorial(n) / math.prod(map(math.factorial, (losses, gains, alike)))
        rest = (1 - p_loss - p_gain) ** alike
        chance = ways * p_loss**losses * p_gain**gains * rest
        interval = tango_interval(losses, gains, n, 0.95)
        covered += chance * (interval.low <= p_gain - p_loss <= interval.high)
        below += chance * (interval.high < p_gain - p_loss)
        rejects = mcnemar(losses, gains).pvalue <= 0.05
        rejected += chance * rejects
        alarm += ways * half ** (losses + gains) * rest * rejects

    result = self_check(n, p_loss, p_gain)

    assert result.coverage == pytest.approx(covered, abs=1e-12)
    assert result.misses_below == pytest.approx(below, abs=1e-12)
    assert result.power == pytest.approx(rejected, abs=1e-12)
    assert result.false_alarm == pytest.approx(alarm, abs=1e-12)
    assert (result.method, result.monte_carlo_error) == ("enumeration", None)


def test_full_split_is_enumerated_and_leaves_out_next_to_nothing() -> None:
    result = self_check(1_319, 0.1, 0.2)

    assert result.method == "enumeration"
    assert result.left_out < 1e-11
    assert result.coverage + result.misses_below + result.misses_above == pytest.approx(
        1, abs=1e-11
    )


def test_simulation_agrees_within_its_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = self_check(50, 0.01, 0.02)
    monkeypatch.setattr(simulate, "_MOST_TABLES", 1)

    result = self_check(50, 0.01, 0.02, n_simulations=30_000, seed=3)

    assert (result.method, result.n_tables, result.seed) == ("simulation", 30_000, 3)
    assert result.monte_carlo_error is not None
    assert result.coverage == pytest.approx(exact.coverage, abs=4 * result.monte_carlo_error)
    assert result.monte_carlo_error == pytest.approx(
        math.sqrt(result.coverage * (1 - result.coverage) / 30_000)
    )
    assert result == self_check(50, 0.01, 0.02, n_simulations=30_000, seed=3)
    assert (
        result.misses_above != self_check(50, 0.01, 0.02, n_simulations=30_000, seed=4).misses_above
    )


def test_certain_outcomes_are_no_special_case() -> None:
    assert self_check(10, 0.0, 1.0).coverage == 1.0
    assert self_check(10, 1.0, 0.0).coverage == 1.0
    assert self_check(10, 0.0, 0.0).coverage == 1.0


def test_self_check_validates_input() -> None:
    with pytest.raises(InvalidInputError, match="n is 0"):
        self_check(0, 0.1, 0.1)
    with pytest.raises(InvalidInputError, match=r"p_loss \+ p_gain"):
        self_check(5, 0.6, 0.6)
    with pytest.raises(InvalidInputError, match="n_simulations"):
        self_check(5, 0.1, 0.1, n_simulations=1)
