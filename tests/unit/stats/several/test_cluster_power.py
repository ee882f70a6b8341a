"""Smallest visible gain with several samples: simulated at the review's cells (E11)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evalsuite.stats import cluster_difference
from evalsuite.stats.several.cluster_power import detectable_gain

CELLS = [(20, 2), (20, 8), (50, 4), (200, 4)]
REPEATS = 80


def is_claimed(n: int, k: int, strength: float, rng: np.random.Generator) -> bool:
    """Break questions outright, by the gain the equal models of one draw say is visible."""
    chance = rng.beta(strength, 1, n)
    equal = [rng.binomial(1, chance[:, None], (n, k)) for _ in range(2)]
    error = (equal[1].mean(axis=1) - equal[0].mean(axis=1)).std(ddof=1) / math.sqrt(n)
    smallest = detectable_gain(float(error), n)
    assert smallest is not None
    order = rng.permutation(n)
    n_broken = int(np.searchsorted(np.cumsum(chance[order]), smallest * n)) + 1
    broken = chance.copy()
    broken[order[:n_broken]] = 0
    base, trained = (rng.binomial(1, p[:, None], (n, k)) for p in (chance, broken))
    found = cluster_difference(base, trained)
    return max(found.pvalue, found.widened.pvalue) <= 0.05


@pytest.mark.parametrize(("n", "k"), CELLS)
@pytest.mark.parametrize("strength", [1, 9], ids=["uniform", "ceiling"])
def test_questions_broken_outright_are_seen_with_the_power_said(
    n: int, k: int, strength: int
) -> None:
    rng = np.random.default_rng([n, k, strength])
    power = sum(is_claimed(n, k, strength, rng) for _ in range(REPEATS)) / REPEATS

    assert power >= 0.8


def test_no_gain_is_visible_on_two_questions() -> None:
    assert detectable_gain(0.5, 2) is None
