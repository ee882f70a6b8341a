"""Learning curves and the best of many: bands, first steps and winners under the null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.stats import best_of, learning_curve

if TYPE_CHECKING:
    from rates import Rates


def nulls(models: int, n: int, discordance: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    half = discordance / 2
    return rng.choice([-1, 0, 1], size=(models, n), p=[half, 1 - discordance, half])


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("models", "n", "discordance"), [(7, 250, 0.1), (20, 250, 0.1), (20, 250, 0.3), (20, 50, 0.1)]
)
def test_the_best_of_null_checkpoints_is_covered(
    models: int, n: int, discordance: float, rates: Rates
) -> None:
    """A plain interval of the best of 20 covers .602, of the best of 7 .836 (review, section 6)."""
    covered, established = 0, 0
    for seed in range(600):
        rows = nulls(models, n, discordance, seed)
        best = best_of(rows, rng=np.random.default_rng(seed))
        covered += best.interval.low <= 0 <= best.interval.high
        curve = learning_curve(rows, range(models), rng=np.random.default_rng(seed))
        established += curve.first_established is not None

    cell = f"{models} checkpoints, {n} questions, {100 * discordance:.0f}% differ"
    rates.share("best_covered", cell, covered, 600, n=n, at_least=0.95)
    rates.share("curve_first", cell, established, 600, n=n, at_most=0.05)
