"""What the verdict itself gets wrong: by enumeration where possible, else by simulation."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from evalsuite.records.verdict import Policy
from evalsuite.seeds import stream
from evalsuite.stats import holm, mcnemar
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.verdict.evidence import decide_table

if TYPE_CHECKING:
    from rates import Rates

POLICY = Policy()


@cache
def decisions(n: int, margin: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Every (losses, gains) of n questions and what would be decided."""
    tables = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    policy = Policy(margin=margin)
    result = [decide_table(b, c, n, policy) for b, c in tables]
    return np.array(tables), np.array(result)


def chance(tables: np.ndarray, n: int, p_loss: float, p_gain: float) -> np.ndarray:
    rest = n - tables.sum(axis=1)
    cells = np.column_stack([tables, rest])
    logs = gammaln(n + 1) - gammaln(cells + 1).sum(axis=1)
    logs += xlogy(cells, (p_loss, p_gain, 1 - p_loss - p_gain)).sum(axis=1)
    chances: np.ndarray = np.exp(logs)
    return chances


@pytest.mark.parametrize("n", [5, 20, 50, pytest.param(200, marks=pytest.mark.calibration)])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.2, 0.5, 1.0])
def test_equal_models_are_called_different_at_most_1_time_in_20(
    n: int, rate: float, rates: Rates
) -> None:
    tables, result = decisions(n)
    weight = chance(tables, n, rate / 2, rate / 2)

    wrong = float(weight[np.isin(result, ["improved", "regressed"])].sum())
    cell = f"{n} questions, {100 * rate:.0f}% differ"
    rates.enumerated("pair_claim", cell, wrong, n=n, at_most=0.05)


@pytest.mark.parametrize("n", [5, 20, 50])
def test_every_table_has_a_decision_and_five_questions_never_an_established_one(n: int) -> None:
    _, result = decisions(n)

    assert set(result) <= {
        "improved", "regressed", "suggestive", "equivalent", "powerless", "inconclusive",
    }  # fmt: skip
    if n == 5:
        assert not np.isin(result, ["improved", "regressed"]).any()


@pytest.mark.parametrize(
    ("n", "most"),
    [(20, 0.0), (50, 0.034), pytest.param(100, 0.058, marks=pytest.mark.calibration),
     pytest.param(200, 0.057, marks=pytest.mark.calibration)],
)  # fmt: skip
def test_a_difference_as_large_as_the_margin_is_rarely_called_none(
    n: int, most: float, rates: Rates
) -> None:
    """True difference exactly the margin: the interval rule itself, before other rules apply."""
    tables = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    ends = np.array(
        [(result.low, result.high) for result in (tango_interval(b, c, n, 0.9) for b, c in tables)]
    )
    worst = {True: 0.0, False: 0.0}  # on the grid of the published maximum, and on a finer one
    for margin in (5, 10):
        inside = (ends[:, 0] > -margin / 100) & (ends[:, 1] < margin / 100)
        for rate in range(max(5, margin), 31):
            cells = (rate - margin) / 200, (rate + margin) / 200
            called_none = float(chance(np.array(tables), n, *cells)[inside].sum())
            worst[rate % 5 == 0] = max(worst[rate % 5 == 0], called_none)

    assert worst[True] <= most + 0.001
    cell = f"{n} questions, margins of 5 and 10 points"
    rates.enumerated("pair_at_margin", cell, max(worst.values()), n=n, at_most=0.06)


@pytest.mark.calibration
@pytest.mark.parametrize("n", [50, 200, 1319])
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5])
def test_simulated_null_evaluations_are_rarely_called_real(
    n: int, rate: float, rates: Rates
) -> None:
    """10,000 evaluations of two equally good models."""
    rng = stream(0, "null", n, int(1000 * rate))
    drawn = rng.multinomial(n, [rate / 2, rate / 2, 1 - rate], size=10_000)
    tables, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
    real = [decide_table(b, c, n, POLICY) in ("improved", "regressed") for b, c in tables.tolist()]

    cell = f"{n} questions, {100 * rate:.0f}% differ"
    rates.share("pair_claim", cell, int(counts[real].sum()), 10_000, n=n, at_most=0.05)


@pytest.mark.calibration
def test_a_family_of_six_budgets_raises_no_more_false_alarms_than_one(rates: Rates) -> None:
    """Holm over six dependent looks at the same answers; without it the rate is far higher."""
    rng = stream(0, "family")
    n, evaluations, budgets = 200, 2_000, 6
    adjusted_alarms = naive_alarms = 0
    for _ in range(evaluations):
        steps = rng.choice([-1, 0, 1], size=n, p=[0.15, 0.7, 0.15])
        pvalues = []
        for _budget in range(budgets):  # each budget redraws a third of the answers
            again = rng.random(n) < 1 / 3
            steps = np.where(again, rng.choice([-1, 0, 1], size=n, p=[0.15, 0.7, 0.15]), steps)
            pvalues.append(mcnemar(int((steps < 0).sum()), int((steps > 0).sum())).pvalue)
        adjusted_alarms += min(holm(pvalues)) <= 0.05
        naive_alarms += min(pvalues) <= 0.05

    cell = f"{budgets} budgets declared"
    rates.share("family_claim", cell, adjusted_alarms, evaluations, n=n, at_most=0.05)
    assert naive_alarms / evaluations > 0.08
