"""Families: how often some model is wrongly called equivalent to the one base they share."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from evalsuite.seeds import stream
from evalsuite.stats import equivalence, holm

N, MODELS, MARGIN = 1319, 5, 0.02


@cache
def pvalue(losses: int, gains: int) -> float:
    return equivalence(N - losses - gains, losses, gains, 0, margin=MARGIN).pvalue


@pytest.mark.parametrize(
    "families", [pytest.param(400), pytest.param(6000, marks=pytest.mark.calibration)]
)
def test_some_wrong_equivalence_among_five_models_is_rare(families: int) -> None:
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

    slack = 3 * np.sqrt(0.05 * 0.95 / families) if families < 1000 else 0.0
    assert adjusted / families <= 0.05 + slack
    assert alone / families > 0.12
