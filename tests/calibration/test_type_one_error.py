"""How often each test calls equal models different, over all discordance rates."""

from __future__ import annotations

import numpy as np
import pytest

from evalsuite.stats import power
from evalsuite.stats.binomial import pmf
from evalsuite.stats.paired.mcnemar import mcnemar

RATES = np.arange(0.005, 1.0001, 0.005)
SUPREMA = {  # n: over every rate / over rates up to .6
    5: {"exact": (0, 0), "mid-p": (0.0625, 0.0049), "asymptotic": (0.0780, 0.0373)},
    20: {"exact": (0.0414, 0.0242), "mid-p": (0.0504, 0.0425), "asymptotic": (0.0504, 0.0493)},
    50: {"exact": (0.0368, 0.0305), "mid-p": (0.0649, 0.0469), "asymptotic": (0.0649, 0.0537)},
    200: {"exact": (0.0434, 0.0402), "mid-p": (0.0560, 0.0494), "asymptotic": (0.0560, 0.0532)},
    1319: {"exact": (0.0478, 0.0460), "mid-p": (0.0509, 0.0499), "asymptotic": (0.0529, 0.0529)},
}
SIZES = [5, 20, 50, 200, pytest.param(1319, marks=pytest.mark.calibration)]


def sizes_of(method: str, n: int) -> np.ndarray:
    """Size of a test at every rate, by going through the p-value of every table."""
    tails = np.zeros(n + 1)
    for m in range(1, n + 1):
        losses = np.arange(m + 1)
        pvalues = [mcnemar(b, m - b, method=method).pvalue for b in range(m + 1)]  # type: ignore[arg-type]
        tails[m] = pmf(losses, m, 0.5)[np.array(pvalues) <= 0.05].sum()
    return np.array([pmf(np.arange(n + 1), n, rate) @ tails for rate in np.minimum(RATES, 1.0)])


@pytest.mark.parametrize("n", [5, 20, 50, pytest.param(200, marks=pytest.mark.calibration)])
@pytest.mark.parametrize("method", ["exact", "mid-p", "asymptotic"])
def test_size_of_every_table_agrees_with_the_published_suprema(method: str, n: int) -> None:
    sizes = sizes_of(method, n)
    everywhere, usual = SUPREMA[n][method]

    assert sizes.max() == pytest.approx(everywhere, abs=0.0002)
    assert sizes[RATES <= 0.6].max() == pytest.approx(usual, abs=0.0002)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("test", ["exact", "mid-p"])
def test_size_by_the_planning_function_agrees(test: str, n: int) -> None:
    sizes = np.array([power(n, rate / 2, rate / 2, test=test) for rate in RATES.clip(max=1.0)])  # type: ignore[arg-type]
    everywhere, usual = SUPREMA[n][test]

    assert sizes.max() == pytest.approx(everywhere, abs=0.0002)
    assert sizes[RATES <= 0.6].max() == pytest.approx(usual, abs=0.0002)


@pytest.mark.parametrize("n", SIZES)
def test_the_deciding_test_never_exceeds_its_level(n: int) -> None:
    assert max(power(n, rate / 2, rate / 2) for rate in RATES.clip(max=1.0)) <= 0.05


@pytest.mark.parametrize("n", SIZES)
def test_mid_p_stays_at_its_level_up_to_a_discordance_of_60_percent(n: int) -> None:
    rates = RATES[RATES <= 0.6]

    assert max(power(n, rate / 2, rate / 2, test="mid-p") for rate in rates) <= 0.05


def test_realised_size_at_50_questions_differing_on_a_fifth() -> None:
    assert power(50, 0.1, 0.1) == pytest.approx(0.022, abs=5e-4)
