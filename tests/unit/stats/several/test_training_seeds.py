import math

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.stats.several.training_seeds import recipe_difference


def answers(n_seeds: int, n_questions: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    difficulty = rng.uniform(0.1, 0.9, n_questions)
    base = (rng.random(n_questions) < difficulty).astype(int)
    shift = rng.normal(0.05, 0.05, (n_seeds, 1))
    return base, (rng.random((n_seeds, n_questions)) < difficulty + shift).astype(int)


def test_each_seed_has_its_gain_and_error_over_questions() -> None:
    base, trained = answers(3, 50)

    result = recipe_difference(base, trained)

    assert result.estimate == pytest.approx((trained - base).mean())
    for row, checkpoint in zip(result.per_seed, trained, strict=True):
        assert row.gain == pytest.approx((checkpoint - base).mean())
        assert row.accuracy == pytest.approx(checkpoint.mean())
        assert row.standard_error == pytest.approx((checkpoint - base).std(ddof=1) / math.sqrt(50))


def test_sums_of_squares_add_up_to_the_total() -> None:
    base, trained = answers(4, 30)
    differences = trained - base

    result = recipe_difference(base, trained).components

    assert result is not None
    parts = (
        29 * result.mean_square_questions
        + 3 * result.mean_square_seeds
        + 29 * 3 * result.mean_square_rest
    )
    assert parts == pytest.approx(((differences - differences.mean()) ** 2).sum())


def test_components_recover_the_variances_behind_the_answers() -> None:
    rng = np.random.default_rng(3)
    result = []
    for _ in range(400):
        hard = rng.random(40) < 0.5  # a question adds 0 or .4 to the chance, a seed 0 or .2
        lucky = rng.random((4, 1)) < 0.5
        trained = rng.random((4, 40)) < 0.2 + 0.4 * hard + 0.2 * lucky
        parts = recipe_difference(np.zeros(40, dtype=int), trained).components
        assert parts is not None
        raw_questions = (parts.mean_square_questions - parts.mean_square_rest) / 4
        raw_seeds = (parts.mean_square_seeds - parts.mean_square_rest) / 40
        assert parts.questions == pytest.approx(max(raw_questions, 0))
        assert parts.seeds == pytest.approx(max(raw_seeds, 0))
        result.append((raw_questions, raw_seeds))

    questions, seeds = np.mean(result, axis=0)
    assert questions == pytest.approx(0.04, abs=0.003)  # 4 standard errors
    assert seeds == pytest.approx(0.01, abs=0.0025)


def test_recipe_error_combines_the_mean_squares() -> None:
    base, trained = answers(5, 40, seed=2)

    result = recipe_difference(base, trained)

    assert result.components is not None
    parts = result.components
    expected = (
        parts.mean_square_questions + parts.mean_square_seeds - parts.mean_square_rest
    ) / 200
    assert result.recipe.standard_error == pytest.approx(math.sqrt(expected))
    assert result.recipe.degrees_of_freedom == 4


def test_recipe_on_these_questions_is_student_t_on_seed_gains() -> None:
    # gains .1 .2 .3 of ten questions: mean .2, sd .1, t_2(.975) = 4.302653
    base = np.zeros(10, dtype=int)
    trained = np.array([[1] * wins + [0] * (10 - wins) for wins in (1, 2, 3)])

    result = recipe_difference(base, trained).recipe_same_questions

    assert result.interval is not None
    assert result.standard_error == pytest.approx(0.1 / math.sqrt(3))
    assert result.interval.high == pytest.approx(0.2 + 4.30265273 * 0.1 / math.sqrt(3))


def test_one_seed_cannot_judge_the_recipe() -> None:
    base, trained = answers(1, 50)

    result = recipe_difference(base, trained)

    assert result.standing == "one_checkpoint"
    assert result.sign_flip is None
    assert result.components is None
    for scope in (result.recipe, result.recipe_same_questions):
        assert scope.standard_error is None
        assert scope.interval is None
        assert scope.reason == "one training seed: nothing is known about the next one"
    assert result.new_questions.standard_error == pytest.approx(result.per_seed[0].standard_error)


@pytest.mark.parametrize(
    ("n_seeds", "standing"), [(2, "described"), (4, "described"), (5, "judged")]
)
def test_five_seeds_judge_a_recipe(n_seeds: int, standing: str) -> None:
    assert recipe_difference(*answers(n_seeds, 20)).standing == standing


@pytest.mark.parametrize(("n_seeds", "smallest"), [(5, 0.0625), (6, 0.03125)])
def test_sign_flip_over_seeds_needs_six_of_them(n_seeds: int, smallest: float) -> None:
    base = np.zeros(10, dtype=int)
    trained = np.tile([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], (n_seeds, 1))

    result = recipe_difference(base, trained).sign_flip

    assert result is not None
    assert result.pvalue == smallest


def test_negative_seed_variance_is_shown_as_zero_and_said() -> None:
    base = np.zeros(4, dtype=int)
    trained = np.array([[1, 0, 1, 0], [0, 1, 0, 1]])  # equal gains: no spread between seeds

    result = recipe_difference(base, trained)

    assert result.components is not None
    assert result.components.seeds == 0.0
    assert "seeds" in result.components.truncated
    assert result.recipe_same_questions.interval is None
    assert result.recipe_same_questions.reason is not None


def test_recipe_error_is_never_below_either_effect_alone() -> None:
    for seed in range(40):
        result = recipe_difference(*answers(3, 8, seed))
        recipe, questions = result.recipe.standard_error, result.new_questions.standard_error

        assert recipe is not None
        assert questions is not None
        assert recipe >= questions - 1e-15
        assert recipe >= (result.recipe_same_questions.standard_error or 0.0) - 1e-15


def test_decoding_noise_needs_two_samples() -> None:
    base, trained = answers(2, 20)

    assert recipe_difference(base, trained).same_questions.standard_error is None

    result = recipe_difference(np.stack([base, base], axis=1), np.stack([trained, 1 - trained], 2))
    # base never varies; each checkpoint's questions have variance 1/2 over 2 samples
    assert result.same_questions.standard_error == pytest.approx(math.sqrt(20 * 0.25 * 2 / 4) / 20)
    assert (result.base_samples, result.trained_samples) == (2, 2)


def test_same_questions_error_is_the_real_decoding_noise() -> None:
    rng = np.random.default_rng(4)
    p, q = rng.random((30, 1)), rng.random((2, 30, 1))
    gains, errors = [], []
    for _ in range(800):
        result = recipe_difference(rng.random((30, 3)) < p, rng.random((2, 30, 4)) < q)
        error = result.same_questions.standard_error
        assert error is not None
        gains.append(result.estimate)
        errors.append(error)

    assert np.std(gains) == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=0.1)


def test_recipe_difference_validates_input() -> None:
    base, trained = answers(2, 20)
    with pytest.raises(NotComparableError, match="20 questions and the checkpoints 19"):
        recipe_difference(base, trained[:, :19])
    with pytest.raises(NotComparableError, match="at least 2"):
        recipe_difference(base[:1], trained[:, :1])
    with pytest.raises(InvalidInputError, match="2 or 3 axes"):
        recipe_difference(base, trained[0])
    with pytest.raises(InvalidInputError, match="unequal length"):
        recipe_difference([0, 1], [[0, 1], [0]])
