from __future__ import annotations

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import flip_chances


def answers(chances: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    return rng.random((len(chances), samples)) < chances[:, None]


def test_the_chances_are_kept_as_often_as_they_say() -> None:
    """Simulation from the model: of questions said to be fixed with chance c, c are."""
    rng = np.random.default_rng(4)
    said, true = [], []
    for _ in range(5):
        before = rng.beta(0.5, 0.7, 1_000)
        after = np.where(rng.random(1_000) < 0.3, rng.beta(2, 1, 1_000), before)
        result = flip_chances(answers(before, 4, rng), answers(after, 4, rng))
        said += [*result.fixed, *result.broken]
        true += [*(after > before), *(after < before)]

    said_, true_ = np.array(said), np.array(true)
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.9), (0.9, 1)):
        group = (said_ >= low) & (said_ < high)
        assert said_[group].mean() == pytest.approx(true_[group].mean(), abs=0.08)


def test_the_same_model_twice_has_almost_no_real_flips() -> None:
    rng = np.random.default_rng(5)
    chances = rng.beta(0.6, 0.6, 1_000)
    base, trained = answers(chances, 4, rng), answers(chances, 4, rng)
    flipped = (base[:, 0] != trained[:, 0]).sum()
    result = flip_chances(base, trained)

    assert flipped > 100
    assert sum(result.fixed) + sum(result.broken) < 60


def test_swapping_the_models_swaps_fixed_and_broken() -> None:
    rng = np.random.default_rng(6)
    base = answers(rng.beta(1, 1, 300), 6, rng)
    trained = answers(np.clip(rng.beta(1, 1, 300) + 0.1, 0, 1), 6, rng)
    here, there = flip_chances(base, trained), flip_chances(trained, base)

    # each side's beta law stands for the unchanged questions only as base, so not to the last digit
    assert np.corrcoef(here.fixed, there.broken)[0, 1] > 0.99


def test_what_is_left_is_unchanged() -> None:
    rng = np.random.default_rng(7)
    result = flip_chances(answers(np.full(50, 0.5), 3, rng), answers(np.full(50, 0.9), 5, rng))

    total = np.add(result.fixed, result.broken)
    assert ((total >= 0) & (total <= 1)).all()
    assert result.samples == (3, 5)
    assert (np.abs(result.change) <= 1).all()


def test_equal_counts_have_equal_chances_whatever_their_order() -> None:
    base = [[0, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]] * 5
    trained = [[1, 1, 0], [0, 1, 1], [1, 1, 1], [0, 0, 0]] * 5
    result = flip_chances(base, trained)

    assert result.fixed[0] == result.fixed[1]


def test_one_sample_a_side_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 2 a side"):
        flip_chances([[1], [0]], [[1, 1], [0, 1]])


def test_other_questions_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="same questions"):
        flip_chances([[1, 0]], [[1, 1], [0, 1]])
