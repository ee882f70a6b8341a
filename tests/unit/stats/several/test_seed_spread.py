"""How much a number differs between training seeds."""

import numpy as np
import pytest
import scipy.stats

from evalsuite.stats.several.training_seeds import spread_of


def test_the_interval_of_the_spread_inverts_the_chi_square_law() -> None:
    values = [0.31, 0.35, 0.29, 0.36, 0.33]
    spread = spread_of(values, confidence_level=0.9)

    assert spread.sd is not None
    assert spread.sd == pytest.approx(np.std(values, ddof=1))
    assert spread.interval is not None
    law = scipy.stats.chi2(4)
    assert 4 * (spread.sd / spread.interval.high) ** 2 == pytest.approx(law.ppf(0.05))
    assert 4 * (spread.sd / spread.interval.low) ** 2 == pytest.approx(law.ppf(0.95))
    assert (spread.n_seeds, spread.low, spread.high) == (5, 0.29, 0.36)


def test_one_seed_has_no_spread() -> None:
    spread = spread_of([0.31])

    assert (spread.sd, spread.interval, spread.mean) == (None, None, 0.31)


def test_seeds_that_agree_have_a_spread_of_zero_and_no_interval() -> None:
    spread = spread_of([0.25, 0.25, 0.25])

    assert (spread.sd, spread.interval) == (0.0, None)
