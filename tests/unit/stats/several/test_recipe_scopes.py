import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalsuite.stats import recipe_difference, widened_gain


def answers(n_seeds: int, n_questions: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    difficulty = rng.uniform(0.1, 0.8, n_questions)
    shift = rng.normal(0.05, 0.05, (n_seeds, 1))
    return rng.random(n_questions) < difficulty, rng.random(
        (n_seeds, n_questions)
    ) < difficulty + shift


def test_checkpoints_on_new_questions_have_the_widened_interval() -> None:
    base, trained = answers(3, 60, 1)
    result = recipe_difference(base, trained)

    expected = widened_gain(trained.mean(axis=0) - base)
    interval = result.new_questions.interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(
        (expected.interval.low, expected.interval.high)
    )
    assert result.new_questions.pvalue == pytest.approx(expected.pvalue)


def test_the_average_of_a_recipe_is_widened_by_two_questions_that_all_seeds_share() -> None:
    base, trained = answers(5, 40, 2)
    with_loss = np.concatenate([trained, [[0]] * 5, [[1]] * 5], axis=1)

    plain = recipe_difference(np.concatenate([base, [1], [0]]), with_loss).recipe
    result = recipe_difference(base, trained).recipe

    assert result.center == pytest.approx(trained.sum() / 5 / 42 - base.sum() / 42)
    assert result.widened_error == pytest.approx(plain.standard_error, rel=0.05)
    assert result.interval is not None
    half = scipy_stats.t(4).ppf(0.975) * result.widened_error
    assert (result.interval.low, result.interval.high) == pytest.approx(
        (result.center - half, result.center + half)
    )


def test_the_prediction_adds_the_variance_of_seeds_to_that_of_the_average() -> None:
    result = recipe_difference(*answers(6, 200, 3))
    average, prediction = result.recipe, result.prediction

    assert result.components is not None
    assert average.standard_error is not None
    assert prediction.standard_error == pytest.approx(
        math.sqrt(average.standard_error**2 + result.components.seeds)
    )
    assert prediction.pvalue is None
    assert prediction.interval is not None
    assert average.interval is not None
    assert prediction.interval.low <= average.interval.low
    assert prediction.interval.high >= average.interval.high


def test_the_chance_of_a_gain_is_the_level_at_which_the_prediction_ends_at_zero() -> None:
    base, trained = answers(6, 200, 3)
    chance = recipe_difference(base, trained).next_above_base
    assert chance is not None
    assert 0.5 < chance < 1

    ends = recipe_difference(base, trained, confidence_level=2 * chance - 1).prediction.interval

    assert ends is not None
    assert ends.low == pytest.approx(0, abs=1e-9)


def test_one_seed_predicts_nothing() -> None:
    result = recipe_difference(*answers(1, 50, 4))

    assert result.prediction.interval is None
    assert result.prediction.reason is not None
    assert result.next_above_base is None


def test_swapped_signs_turn_the_prediction_around() -> None:
    base, trained = answers(4, 80, 5)
    there, back = recipe_difference(base, trained), recipe_difference(~base, ~trained)

    assert there.prediction.interval is not None
    assert back.prediction.interval is not None
    assert there.prediction.interval.low == pytest.approx(-back.prediction.interval.high)
    assert there.next_above_base == pytest.approx(1 - (back.next_above_base or 0))
