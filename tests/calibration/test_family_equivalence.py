"""Families: how often some model is wrongly called equivalent to the one base they share."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.seeds import stream
from evalsuite.stats import equivalence, holm, mcnemar

if TYPE_CHECKING:
    from rates import Rates

N, MODELS, MARGIN = 1319, 5, 0.02


@cache
def pvalue(losses: int, gains: int) -> float:
    return equivalence(N - losses - gains, losses, gains, 0, margin=MARGIN).pvalue


@pytest.mark.parametrize(
    "families", [pytest.param(400), pytest.param(6000, marks=pytest.mark.calibration)]
)
def test_some_wrong_equivalence_among_five_models_is_rare(families: int, rates: Rates) -> None:
    """All five are better by the margin itself, as in the referee's design: 18% unadjusted."""
    rng = stream(0, "family-equivalence", families)
    loss, gain = 0.015, 0.035  # of all questions; half of them base answers correctly
    adjusted = alone = 0
    for _ in range(families):
        base = rng.random(N) < 0.5
        pvalues = []
        for _model in range(MODELS):
            changes = rng.random(N) < np.where(base, 2 * loss, 2 * gain)
            pvalues.append(pvalue(int((changes & base).sum()), int((changes & ~base).sum())))
        adjusted += min(holm(pvalues)) <= 0.05
        alone += min(pvalues) <= 0.05

    cell = f"{MODELS} models, {families} families"
    rates.share("family_equivalent", cell, adjusted, families, n=N, at_most=0.05)
    assert alone / families > 0.12


@pytest.mark.calibration
@pytest.mark.parametrize("discordance", [0.05, 0.2, 0.4])
def test_some_wrong_gain_among_five_models_is_rare(discordance: float, rates: Rates) -> None:
    """None of the five differs from base in expectation; all share its answers."""
    rng, families = np.random.default_rng(int(100 * discordance)), 4_000
    adjusted = alone = 0
    for _ in range(families):
        base = rng.random(N) < 0.5
        changes = (rng.random((MODELS, N)) < discordance) & np.array([base, ~base])[:, np.newaxis]
        lost, won = changes.sum(axis=2).tolist()
        pvalues = [mcnemar(*pair).pvalue for pair in zip(lost, won, strict=True)]
        adjusted += min(holm(pvalues)) <= 0.05
        alone += min(pvalues) <= 0.05

    cell = f"{MODELS} models, {100 * discordance:.0f}% differ"
    rates.share("family_claim", cell, adjusted, families, n=N, at_most=0.05)
    assert alone / families > 0.1
