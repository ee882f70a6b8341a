from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import t

from evalsuite.errors import InvalidInputError
from evalsuite.stats.several.simultaneous import as_differences, bands_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def rows(models: int, questions: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.choice([-1.0, 0.0, 1.0], size=(models, questions), p=[0.15, 0.7, 0.15])


def width(differences: np.ndarray, level: float = 0.95) -> float:
    return bands_of(differences, rng=np.random.default_rng(9), confidence_level=level).width


def test_one_row_has_the_t_interval() -> None:
    assert width(rows(1, 60)) == pytest.approx(t.ppf(0.975, 61), rel=0.02)


def test_unrelated_rows_have_the_width_of_sidak() -> None:
    assert width(rows(20, 4_000)) == pytest.approx(
        t.ppf((1 + 0.95 ** (1 / 20)) / 2, 4_001), rel=0.02
    )


def test_equal_rows_cost_nothing() -> None:
    assert width(np.repeat(rows(1, 300), 20, axis=0)) == pytest.approx(
        width(rows(1, 300)), rel=0.02
    )


def test_more_models_than_questions_have_bands_too() -> None:
    assert 2 < width(rows(30, 8)) < 8


def test_a_row_without_changes_still_has_a_band() -> None:
    bands = bands_of(np.zeros((2, 50)), rng=np.random.default_rng(1), confidence_level=0.95)

    assert bands.low[0] < -0.03 < 0.03 < bands.high[0]


def test_equal_generators_give_equal_bands() -> None:
    assert width(rows(3, 40)) == width(rows(3, 40))


@pytest.mark.parametrize("differences", [[1, 0], [[2, 0]], [[np.nan, 0.0]], [[]], [[1]], [["a"]]])
def test_what_is_no_table_of_differences_is_refused(differences: ArrayLike) -> None:
    with pytest.raises(InvalidInputError, match="rows"):
        as_differences(differences, "rows")
