"""Rules of a curve under the null: any false "established", loss or fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from curve_builders import null_claims

if TYPE_CHECKING:
    from rates import Rates


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("steps", "n", "step_noise"), [(6, 150, 0.02), (6, 150, 0.2), (6, 150, 1.0), (20, 250, 0.2)]
)
def test_a_training_that_changes_nothing_is_rarely_called_anything(
    steps: int, n: int, step_noise: float, rates: Rates
) -> None:
    _, claims, falls = null_claims(trainings=300, steps=steps, n=n, step_noise=step_noise)

    cell = f"{steps} checkpoints, {100 * step_noise:.0f}% answered anew"
    rates.share("curve_claim", cell, 300 * claims, 300, n=n, at_most=0.05)
    rates.share("curve_fall", cell, 300 * falls, 300, n=n, at_most=0.05)
