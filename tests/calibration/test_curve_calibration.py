"""Rules of a curve under the null: any false "established", loss or fall."""

import pytest
from curve_builders import null_claims


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("steps", "n", "step_noise"), [(6, 150, 0.02), (6, 150, 0.2), (6, 150, 1.0), (20, 250, 0.2)]
)
def test_a_training_that_changes_nothing_is_rarely_called_anything(
    steps: int, n: int, step_noise: float
) -> None:
    gains, claims, falls = null_claims(trainings=300, steps=steps, n=n, step_noise=step_noise)

    print(f"{steps} steps, n {n}, noise {step_noise}: {gains:.3f} {claims:.3f} {falls:.3f}")
    assert max(gains, claims, falls) <= 0.05
