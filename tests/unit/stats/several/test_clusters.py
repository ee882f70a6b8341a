import math

import numpy as np
import pytest
import scipy.stats

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.stats.paired.bootstrap import percentile_interval
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.several.cluster_power import detectable_gain, questions_for_gain
from evalsuite.stats.several.clusters import cluster_difference


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


def test_one_sample_a_question_leaves_the_split_undefined_with_a_reason() -> None:
    result = cluster_difference(BASE[:, :1], TRAINED)

    assert result.variance is None
    assert result.outlook is None
    assert any("one sample a question" in warning for warning in result.warnings)


def test_equal_differences_have_an_interval_of_what_so_many_questions_can_show() -> None:
    same = np.ones((60, 2), dtype=int)

    result = cluster_difference(same, same)

    assert (result.estimate, result.pvalue, result.bootstrap) == (0.0, 1.0, None)
    # 60 zeros, one -1 and one 1: sd sqrt(2 / 61), t_61(.975) = 1.999624
    half = 1.999624 * math.sqrt(2 / 61 / 62)
    assert (result.interval.low, result.interval.high) == pytest.approx((-half, half), abs=1e-6)


def test_expected_counts_are_those_of_one_sample_each() -> None:
    """Brute force over every pairing of a base sample with a trained one."""
    gains = losses = 0.0
    for before, after in zip(BASE, TRAINED, strict=True):
        pairs = [(b, t) for b in before for t in after]
        gains += pairs.count((0, 1)) / len(pairs)
        losses += pairs.count((1, 0)) / len(pairs)

    result = cluster_difference(BASE, TRAINED)

    assert (result.expected_gains, result.expected_losses) == pytest.approx((gains, losses))
    assert (gains - losses) / 60 == pytest.approx(result.estimate)


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
def test_a_detectable_gain_that_moves_all_alike_is_seen_at_least_so_often(
    n_questions: int, power: float
) -> None:
    """The t test's exact power at that gain, from the noncentral law; normal quantiles miss it."""
    gain = detectable_gain(0.01, n_questions, power=power)
    assert gain is not None

    law = scipy.stats.nct(n_questions - 1, gain / 0.01)
    critical = scipy.stats.t(n_questions - 1).isf(0.025)
    assert law.sf(critical) >= power
