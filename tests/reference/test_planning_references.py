"""The planning and smallest-gain tables, and the other structural numbers of the field notes.

Computed by exact enumeration in R and Python before this package was written.
"""

from math import comb

import numpy as np
import pytest

from evalsuite.stats import (
    connor_questions,
    mcnemar,
    power,
    required_questions,
    smallest_detectable_gain,
    smallest_detectable_gain_if_independent,
    smallest_detectable_gain_with_losses,
)
from evalsuite.stats.planning.exact_power import critical_losses

NEEDED = [  # gain, discordance, exact, mid-p, Connor
    (0.20, 0.20, 39, 33, 37),
    (0.20, 0.30, 61, 53, 57),
    (0.20, 0.36, 75, 67, 69),
    (0.20, 0.44, 91, 83, 84),
    (-0.05, 0.05, 157, 134, 155),
    (-0.05, 0.15, 498, 461, 469),
    (-0.05, 0.25, 817, 779, 783),
    (-0.05, 0.35, 1133, 1095, 1097),
    (-0.05, 0.50, 1606, 1568, 1568),
    (0.05, 0.10, 337, 305, 312),
    (0.05, 0.20, 658, 622, 626),
    (0.05, 0.30, 975, 938, 940),
    (0.02, 0.10, 2043, 1949, 1960),
    (0.02, 0.20, 4016, 3920, 3923),
    (0.02, 0.30, 5980, 5883, 5885),
    (0.02, 0.02, 394, 335, 391),
]
SEEN = {  # n: no losses, 5% losses, 10% losses, discordance .2, .3, independent from 50%
    5: (None, None, None, None, None, None),
    20: (36.7, 46.0, 53.4, None, None, 43.1),
    50: (15.4, 23.0, 28.2, 17.6, 21.9, 28.7),
    100: (7.8, 14.2, 17.7, 12.8, 15.9, 20.3),
    200: (3.9, 8.9, 11.4, 9.1, 11.1, 14.3),
    500: (1.6, 5.0, 6.6, 5.7, 7.0, 9.0),
    1319: (0.6, 2.8, 3.8, 3.5, 4.3, 5.5),
}


@pytest.mark.parametrize(("gain", "rate", "exact", "mid_p", "connor"), NEEDED)
def test_required_questions(gain: float, rate: float, exact: int, mid_p: int, connor: int) -> None:
    cells = ((rate - gain) / 2, (rate + gain) / 2)

    assert required_questions(*cells) == exact
    assert required_questions(*cells, test="mid-p") == mid_p
    assert connor_questions(*cells) == connor


@pytest.mark.parametrize("n", SEEN)
def test_smallest_detectable_gain(n: int) -> None:
    """In points, to the printed decimal (20 without losses: 36.65, printed rounded up)."""
    result = (
        *(smallest_detectable_gain_with_losses(n, loss) for loss in (0.0, 0.05, 0.10)),
        *(smallest_detectable_gain(n, rate) for rate in (0.2, 0.3)),
        smallest_detectable_gain_if_independent(n, 0.5),
    )
    for gain, expected in zip(result, SEEN[n], strict=True):
        if expected is None:
            assert gain is None
        else:
            assert gain is not None
            assert 100 * gain == pytest.approx(expected, abs=0.056)


def test_five_questions_and_mid_p_see_nothing_below_95_points() -> None:
    result = smallest_detectable_gain_with_losses(5, 0.0, test="mid-p")

    assert result == pytest.approx(0.956, abs=5e-4)


@pytest.mark.parametrize(
    ("n", "p_loss", "p_gain", "exact", "mid_p"),
    [(5, 0.12, 0.32, 0.0, 0.003), (20, 0.15, 0.10, 0.016, 0.040)],
)
def test_chance_of_calling_the_tutorial_pairs_real(
    n: int, p_loss: float, p_gain: float, exact: float, mid_p: float
) -> None:
    assert power(n, p_loss, p_gain) == pytest.approx(exact, abs=5e-4)
    assert power(n, p_loss, p_gain, test="mid-p") == pytest.approx(mid_p, abs=5e-4)


def test_two_points_are_out_of_reach_of_1319_questions_above_a_discordance_of_6_percent() -> None:
    assert required_questions(0.0215, 0.0415) <= 1319 < required_questions(0.022, 0.042)
    assert (
        required_questions(0.024, 0.044, test="mid-p")
        <= 1319
        < required_questions(0.0245, 0.0445, test="mid-p")
    )


def test_power_keeps_the_tables_without_losses() -> None:
    """R: powerPaired2x2(.05, .25, 50)$power is .6993; with errbound = 0 it drops them: .6227."""
    n, p_loss, p_gain = 50, 0.05, 0.25
    lossless = sum(
        comb(n, gains) * p_gain**gains * (1 - p_loss - p_gain) ** (n - gains)
        for gains in range(n + 1)
        if mcnemar(0, gains).pvalue <= 0.05
    )

    assert power(n, p_loss, p_gain) == pytest.approx(0.6993, abs=5e-5)
    assert power(n, p_loss, p_gain) - lossless == pytest.approx(0.6227, abs=5e-5)


def test_exact_rejects_less_than_mid_p_and_mid_p_less_than_asymptotic_up_to_4000() -> None:
    """So "real" by the exact test never stands beside a Tango interval that contains 0."""
    m = np.arange(4001)
    exact, mid_p = critical_losses(4000, 0.05, "exact"), critical_losses(4000, 0.05, "mid-p")
    # most losses with (m - 2k)^2 / m at least the square of the normal quantile
    asymptotic = np.floor((m - 1.959963984540054 * np.sqrt(m)) / 2)

    assert (exact <= mid_p).all()
    assert (mid_p[1:] <= np.maximum(asymptotic[1:], -1)).all()
