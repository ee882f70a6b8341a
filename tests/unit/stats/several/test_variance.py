import math

import numpy as np
import pytest

from evalsuite.stats import cluster_difference


def sampled(n_questions: int, k: int, accuracy: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    difficulty = np.clip(rng.normal(accuracy, 0.25, n_questions), 0, 1)
    return (rng.random((n_questions, k)) < difficulty[:, np.newaxis]).astype(int)


BASE, TRAINED = sampled(60, 4, 0.4, seed=1), sampled(60, 6, 0.5, seed=2)


def test_variance_parts_add_up_and_follow_miller() -> None:
    result = cluster_difference(BASE, TRAINED).variance
    assert result is not None
    p, q = BASE.mean(axis=1), TRAINED.mean(axis=1)

    assert result.base_sampling == pytest.approx((p * (1 - p) * 4 / 3).mean())
    assert result.trained_sampling == pytest.approx((q * (1 - q) * 6 / 5).mean())
    assert result.total == pytest.approx((q - p).var(ddof=1))
    assert result.questions + result.sampling == pytest.approx(result.total, abs=1e-15)
    assert result.sampling == pytest.approx(result.base_sampling / 4 + result.trained_sampling / 6)
    assert not result.truncated


def test_variance_split_is_unbiased() -> None:
    rng = np.random.default_rng(8)
    splits = []
    for _ in range(600):
        p = rng.uniform(0.1, 0.9, 40)
        q = np.clip(p + rng.choice([-0.1, 0.3], 40), 0, 1)
        base = rng.random((40, 3)) < p[:, np.newaxis]
        trained = rng.random((40, 5)) < q[:, np.newaxis]
        split = cluster_difference(base, trained).variance
        assert split is not None
        splits.append(split)

    questions = np.mean([s.total - s.base_sampling / 3 - s.trained_sampling / 5 for s in splits])

    grid = np.repeat(np.linspace(0.1, 0.9, 4_001), 2)
    moved = np.clip(grid + np.tile([-0.1, 0.3], 4_001), 0, 1)
    assert questions == pytest.approx(np.var(moved - grid), abs=0.004)  # 4 standard errors
    shared = np.mean([s.shared_difficulty for s in splits])
    assert shared == pytest.approx(np.cov(grid, moved)[0, 1], abs=0.003)


def test_negative_question_variance_is_shown_as_zero_and_said() -> None:
    rng = np.random.default_rng(11)
    result = cluster_difference(rng.random((30, 2)) < 0.5, rng.random((30, 2)) < 0.5)
    assert result.variance is not None
    assert result.variance.truncated

    assert result.variance.questions == 0.0
    assert result.variance.sampling == result.variance.total
    assert any("below 0" in warning for warning in result.warnings)


def test_outlook_says_what_more_answers_would_buy() -> None:
    result = cluster_difference(BASE, TRAINED)
    assert result.outlook is not None
    assert result.variance is not None

    assert result.outlook.now == pytest.approx(result.standard_error)
    assert result.outlook.twice_questions == pytest.approx(result.standard_error / math.sqrt(2))
    assert result.outlook.infinite_samples == pytest.approx(
        math.sqrt(result.variance.questions / 60)
    )
    assert result.outlook.twice_samples**2 == pytest.approx(
        (result.outlook.now**2 + result.outlook.infinite_samples**2) / 2
    )


def test_common_random_numbers_are_taken_off_the_sampling_part() -> None:
    """Both models' samples read the same uniforms; every question gains exactly .1."""
    rng = np.random.default_rng(12)
    splits = []
    for _ in range(400):
        p, uniforms = rng.uniform(0.2, 0.7, (50, 1)), rng.random((50, 4))
        split = cluster_difference(uniforms < p, uniforms < p + 0.1).variance
        assert split is not None
        splits.append(split)

    grid = np.linspace(0.2, 0.7, 4_001)
    shared = np.mean(grid * (1 - grid - 0.1))  # cov of U < p and U < p + .1
    assert np.mean([split.common_noise for split in splits]) == pytest.approx(shared, abs=0.005)
    # the gain is the same on every question: all of the spread is sampling
    total = np.mean([split.total for split in splits])
    untaken = [
        s.total - (s.base_sampling + s.trained_sampling - 2 * s.common_noise) / 4 for s in splits
    ]
    assert np.mean(untaken) == pytest.approx(0, abs=0.1 * float(total))


def test_samples_of_unequal_number_have_no_common_noise() -> None:
    split = cluster_difference(BASE, TRAINED).variance

    assert split is not None
    assert split.common_noise == 0
