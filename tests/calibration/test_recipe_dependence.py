"""How often a recipe's mean is said to depend on a budget or a seed, and nothing differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.comparing.contrasts import differences_from, each_against_others
from evalsuite.records.verdict import Policy
from evalsuite.verdict.qualifiers import is_established

if TYPE_CHECKING:
    from rates import Rates

RUNS, BUDGETS = 1_200, 5
POLICY = Policy()


@pytest.mark.calibration
@pytest.mark.parametrize("n_seeds", [3, 5])
@pytest.mark.parametrize("n", [50, 200])
def test_nothing_differs_and_is_rarely_said_to(n_seeds: int, n: int, rates: Rates) -> None:
    """Seeds have one chance a question; each budget asks a third of the answers anew."""
    alarms = {"budgets": 0, "seeds": 0}
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        chance = rng.random(n)
        base, trained = rng.random(n) < chance, rng.random((n_seeds, n)) < chance
        gains = trained.astype(int) - base
        others = []
        for _ in range(BUDGETS):
            anew = rng.random((n_seeds, n)) < 1 / 3
            again = np.where(anew, rng.random((n_seeds, n)) < chance, trained)
            others.append((again.astype(int) - base).T.tolist())
        budgets = differences_from(gains.T.tolist(), others, 0.95)
        seeds = each_against_others([row[:, np.newaxis].tolist() for row in gains], 0.95)
        alarms["budgets"] += any(is_established(each, POLICY) for each in budgets)
        alarms["seeds"] += any(is_established(each, POLICY) for each in seeds)

    for name, count in alarms.items():
        cell = f"{n_seeds} seeds, {n} questions, {name}"
        rates.share("recipe_dependence", cell, count, RUNS, n=n, at_most=0.05)
