import math

import numpy as np
import pytest
import scipy.stats

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.stats.paired.bootstrap import percentile_interval
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.several.clusters import (
    cluster_difference,
    detectable_gain,
    questions_for_gain,
    t_interval,
)


def sampled(n_questions: int, k: int, accuracy: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    difficulty = np.clip(rng.normal(accuracy, 0.25, n_questions), 0, 1)
    return (rng.random((n_questions, k)) < difficulty[:, np.newaxis]).astype(int)


BASE, TRAINED = sampled(60, 4, 0.4, seed=1), sampled(60, 6, 0.5, seed=2)


def test_estimate_is_the_difference_of_accuracies() -> None:
    result = cluster_difference(BASE, TRAINED)

    assert result.estimate == pytest.approx(TRAINED.mean() - BASE.mean(), abs=1e-15)
    assert (result.base_samples, result.trained_samples, result.n_questions) == (4, 6, 60)


def test_one_sample_a_question_is_mcnemar_and_the_trinomial_bootstrap() -> None:
    base, trained = sampled(80, 1, 0.3, seed=3), sampled(80, 1, 0.6, seed=4)
    losses, gains = int((base > trained).sum()), int((base < trained).sum())

    result = cluster_difference(base, trained)

    assert result.pvalue == pytest.approx(mcnemar(losses, gains).pvalue, rel=1e-10)
    expected = percentile_interval(losses, gains, 80, 0.95)
    assert result.bootstrap is not None
    assert (result.bootstrap.low, result.bootstrap.high) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


def test_exact_bootstrap_agrees_with_drawn_bootstrap() -> None:
    differences = TRAINED.mean(axis=1) - BASE.mean(axis=1)
    rng = np.random.default_rng(0)
    drawn = rng.choice(differences, size=(40_000, 60)).mean(axis=1)

    result = cluster_difference(BASE, TRAINED).bootstrap

    assert result is not None
    assert (result.low, result.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.003)


def test_t_interval_by_hand() -> None:
    # mean .5, sd .5, n = 4, t_3(.975) = 3.182446
    result = t_interval(np.array([0.0, 0.0, 1.0, 1.0]) * 0.5 + 0.1, 0.95)

    assert result is not None
    sd = 0.25 * math.sqrt(4 / 3)
    assert result.high - 0.35 == pytest.approx(3.182446305 * sd / 2, abs=1e-9)
    assert 0.35 - result.low == pytest.approx(3.182446305 * sd / 2, abs=1e-9)


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


def test_one_sample_a_question_leaves_the_split_undefined_with_a_reason() -> None:
    result = cluster_difference(BASE[:, :1], TRAINED)

    assert result.variance is None
    assert result.outlook is None
    assert any("one sample a question" in warning for warning in result.warnings)


def test_equal_differences_give_no_interval_instead_of_a_zero_width_one() -> None:
    same = np.ones((60, 2), dtype=int)

    result = cluster_difference(same, same)

    assert (result.interval, result.bootstrap, result.pvalue) == (None, None, 1.0)
    assert any("no spread" in warning for warning in result.warnings)


@pytest.mark.parametrize(("n", "refused"), [(19, True), (20, False)])
def test_bootstrap_is_refused_below_twenty_questions(n: int, refused: bool) -> None:
    result = cluster_difference(BASE[:n], TRAINED[:n])

    assert (result.bootstrap is None) is refused
    assert any("not reported below 20" in warning for warning in result.warnings) is refused


@pytest.mark.parametrize(("n", "warned"), [(49, True), (50, False)])
def test_few_questions_are_warned_about(n: int, warned: bool) -> None:
    result = cluster_difference(sampled(n, 4, 0.4, 1), sampled(n, 4, 0.5, 2))

    assert any(f"only {n} questions:" in warning for warning in result.warnings) is warned


@pytest.mark.parametrize(("changed", "warned"), [(19, True), (20, False)])
def test_few_changed_questions_are_warned_about(changed: int, warned: bool) -> None:
    base = np.zeros((100, 2), dtype=int)
    trained = base.copy()
    trained[:changed] = 1

    result = cluster_difference(base, trained)

    assert result.n_changed == changed
    assert any("questions changed" in warning for warning in result.warnings) is warned


def test_too_large_a_bootstrap_law_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsuite.stats.several.clusters._LARGEST_LAW", 10)

    result = cluster_difference(BASE, TRAINED)

    assert result.bootstrap is None
    assert any("too large" in warning for warning in result.warnings)


def test_cluster_difference_validates_input() -> None:
    with pytest.raises(NotComparableError, match="60 questions and trained 59"):
        cluster_difference(BASE, TRAINED[:59])
    with pytest.raises(NotComparableError, match="at least 2"):
        cluster_difference(BASE[:1], TRAINED[:1])
    with pytest.raises(InvalidInputError, match="2 axes"):
        cluster_difference(BASE[:, 0], TRAINED[:, 0])
    with pytest.raises(InvalidInputError, match="confidence_level"):
        cluster_difference(BASE, TRAINED, confidence_level=95)


def test_questions_for_gain_validates_input() -> None:
    with pytest.raises(InvalidInputError, match="gain"):
        questions_for_gain(0.0, 0.1)
    with pytest.raises(InvalidInputError, match="variance"):
        questions_for_gain(0.1, -0.1)


def test_sampling_noise_raises_the_questions_needed() -> None:
    # sigma^2 / k of both models added to Miller's 1/9
    assert questions_for_gain(-0.03, 1 / 9 + 1 / 12).n_questions == 1_696


@pytest.mark.parametrize("n_questions", [10, 20, 50, 200, 1_319])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_the_detectable_gain_is_seen_with_the_wanted_power(n_questions: int, power: float) -> None:
    """The t test's exact power at that gain, from the noncentral law; normal quantiles miss it."""
    gain = detectable_gain(0.01, n_questions, power=power)

    law = scipy.stats.nct(n_questions - 1, gain / 0.01)
    critical = scipy.stats.t(n_questions - 1).isf(0.025)
    assert law.sf(critical) + law.cdf(-critical) == pytest.approx(power, abs=0.01)
