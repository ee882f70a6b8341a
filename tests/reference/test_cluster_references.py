"""Sampled answers, training seeds and lengths against statsmodels, scipy and published numbers."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.duration.survfunc import SurvfuncRight

from evalsuite.stats.planning.subsets import score_range, subset_chances
from evalsuite.stats.several.cluster_power import questions_for_gain
from evalsuite.stats.several.clusters import cluster_difference
from evalsuite.stats.several.signflip import sign_flip
from evalsuite.stats.several.training_seeds import recipe_difference
from evalsuite.stats.survival import completion_lengths


def sampled(n_questions: int, k: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    difficulty = rng.beta(0.8, 0.8, n_questions)
    return (rng.random((n_questions, k)) < difficulty[:, np.newaxis]).astype(int)


def test_standard_error_against_statsmodels_clustered_on_the_question() -> None:
    """With equal k, clustering single sample differences is the question-level error."""
    base, trained = sampled(40, 5, 1), sampled(40, 5, 2)
    differences = (trained - base).ravel()
    question = np.repeat(np.arange(40), 5)
    fit = sm.OLS(differences, np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": question, "use_correction": False}
    )

    result = cluster_difference(base, trained)

    # Liang-Zeger divides by Q where the sample variance divides by Q - 1
    assert result.standard_error == pytest.approx(fit.bse[0] * math.sqrt(40 / 39), rel=1e-10)


def test_standard_error_against_statsmodels_two_sample_regression_with_unequal_k() -> None:
    base, trained = sampled(40, 3, 1), sampled(40, 6, 2)
    frame = pd.DataFrame(
        {
            "right": np.concatenate([base.ravel(), trained.ravel()]),
            "is_trained": np.repeat([0, 1], [120, 240]),
            "question": np.concatenate([np.repeat(np.arange(40), 3), np.repeat(np.arange(40), 6)]),
        }
    )
    fit = smf.ols("right ~ is_trained", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["question"], "use_correction": False}
    )

    result = cluster_difference(base, trained)

    assert result.estimate == pytest.approx(fit.params["is_trained"], abs=1e-12)
    assert result.standard_error == pytest.approx(
        fit.bse["is_trained"] * math.sqrt(40 / 39), rel=1e-10
    )


def test_widened_interval_against_scipy() -> None:
    """Student's interval of the differences with one -1 and one 1 among them."""
    base, trained = sampled(60, 4, 3), sampled(60, 4, 4)
    differences = [*(trained.mean(axis=1) - base.mean(axis=1)), -1.0, 1.0]
    expected = scipy.stats.ttest_1samp(differences, 0)
    ends = expected.confidence_interval(0.9)

    result = cluster_difference(base, trained, confidence_level=0.9)

    assert (result.interval.low, result.interval.high) == pytest.approx(ends, rel=1e-10)
    assert result.widened.pvalue == pytest.approx(expected.pvalue, rel=1e-9)


def test_sign_flip_against_scipy_permutation_test() -> None:
    differences = np.array([3, -1, 4, 1, -5, 9, 2, 6, 5, 3, 5, -2])
    expected = scipy.stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=np.inf
    ).pvalue

    assert sign_flip(differences).pvalue == pytest.approx(expected, rel=1e-10)


def test_miller_needs_969_questions_for_three_points() -> None:
    """Miller (2024), section 5: omega^2 = 1/9, delta = .03, 80% power, alpha .05."""
    assert questions_for_gain(0.03, 1 / 9).n_questions == 969


def crossed(n_seeds: int, n_questions: int) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(9)
    difficulty = rng.uniform(0.1, 0.8, n_questions)
    base = (rng.random(n_questions) < difficulty).astype(int)
    shift = np.linspace(-0.05, 0.15, n_seeds)[:, np.newaxis]
    trained = (rng.random((n_seeds, n_questions)) < difficulty + shift).astype(int)
    seed, question = np.indices(trained.shape)
    frame = pd.DataFrame(
        {"d": (trained - base).ravel(), "seed": seed.ravel(), "question": question.ravel()}
    )
    return base, trained, frame


def test_mean_squares_against_statsmodels_anova() -> None:
    base, trained, frame = crossed(4, 12)
    table = sm.stats.anova_lm(smf.ols("d ~ C(seed) + C(question)", frame).fit())
    squares = table["sum_sq"] / table["df"]

    result = recipe_difference(base, trained).components

    assert result is not None
    assert result.mean_square_seeds == pytest.approx(squares["C(seed)"], rel=1e-9)
    assert result.mean_square_questions == pytest.approx(squares["C(question)"], rel=1e-9)
    assert result.mean_square_rest == pytest.approx(squares["Residual"], rel=1e-9)


def test_errors_against_statsmodels_two_way_clusters() -> None:
    """Cameron, Gelbach & Miller: V = V_seed + V_question - V_white, each without correction."""
    base, trained, frame = crossed(5, 30)
    n_seeds, n_questions = trained.shape

    def clustered(groups: np.ndarray) -> float:
        fit = sm.OLS(frame["d"].to_numpy(), np.ones(len(frame))).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        )
        return float(fit.cov_params()[0, 0])

    by_seed, by_question = (
        clustered(frame["seed"].to_numpy()),
        clustered(frame["question"].to_numpy()),
    )
    both = clustered(frame[["seed", "question"]].to_numpy())
    white = frame["d"].var(ddof=0) / len(frame)

    result = recipe_difference(base, trained)

    assert result.recipe_same_questions.standard_error == pytest.approx(
        math.sqrt(by_seed * n_seeds / (n_seeds - 1)), rel=1e-9
    )
    assert result.new_questions.standard_error == pytest.approx(
        math.sqrt(by_question * n_questions / (n_questions - 1)), rel=1e-9
    )
    assert both == pytest.approx(by_seed + by_question - white, rel=1e-9)
    # the same three parts, each with its degrees of freedom, in place of the plain sums
    assert result.components is not None
    rest = result.components.mean_square_rest / len(frame)
    assert result.recipe.standard_error == pytest.approx(
        math.sqrt(
            by_seed * n_seeds / (n_seeds - 1) + by_question * n_questions / (n_questions - 1) - rest
        ),
        rel=1e-9,
    )


@pytest.mark.parametrize(
    ("n_seeds", "multiplier"), [(2, 12.706), (3, 4.303), (4, 3.182), (5, 2.776)]
)
def test_recipe_intervals_use_few_degrees_of_freedom(n_seeds: int, multiplier: float) -> None:
    base = np.zeros(400, dtype=int)
    trained = np.array([[1] * wins + [0] * (400 - wins) for wins in range(40, 40 + n_seeds)])

    result = recipe_difference(base, trained).recipe_same_questions

    assert result.interval is not None
    assert result.standard_error is not None
    half = (result.interval.high - result.interval.low) / 2
    assert half / result.standard_error == pytest.approx(multiplier, abs=5e-4)


@pytest.mark.parametrize("seed", range(4))
def test_kaplan_meier_against_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tokens, budgets = rng.geometric(0.02, 150), rng.choice([40, 80, 200], 150)
    lengths, finished = np.minimum(tokens, budgets), tokens <= budgets
    expected = SurvfuncRight(lengths, finished.astype(int))

    result = completion_lengths(lengths, finished)

    assert result.lengths == tuple(expected.surv_times)
    assert result.running == pytest.approx(expected.surv_prob, rel=1e-12)
    assert result.at_risk == tuple(expected.n_risk.astype(int))
    assert result.median == expected.quantile(0.5)
    assert result.tokens_for(0.25) == expected.quantile(0.25)
    assert result.tokens_for(0.25) is not None
    inside = expected.surv_prob > 0
    log_log = -expected.surv_prob_se[inside] / (
        expected.surv_prob[inside] * np.log(expected.surv_prob[inside])
    )
    low = expected.surv_prob[inside] ** np.exp(1.959963985 * log_log)
    assert np.array(result.low)[inside] == pytest.approx(low, rel=1e-8)


def test_kaplan_meier_against_scipy_with_its_log_log_interval() -> None:
    rng = np.random.default_rng(7)
    tokens = rng.geometric(0.01, 80)
    data = scipy.stats.CensoredData.right_censored(np.minimum(tokens, 120), tokens > 120)
    expected = scipy.stats.ecdf(data).sf
    interval = expected.confidence_interval(0.95, method="log-log")

    result = completion_lengths(np.minimum(tokens, 120), tokens <= 120)

    at = np.isin(expected.quantiles, result.lengths)
    assert result.running == pytest.approx(expected.probabilities[at], rel=1e-12)
    assert result.low == pytest.approx(interval.low.probabilities[at], rel=1e-9)
    assert result.high == pytest.approx(interval.high.probabilities[at], rel=1e-9)


def test_kaplan_meier_of_the_acute_myeloid_leukaemia_maintained_group() -> None:
    """R survival 3.8, ``summary(survfit(Surv(time, status) ~ 1, aml[aml$x == "Maintained", ]))``.

    time 9 13 18 23 31 34 48: .909 .818 .716 .614 .491 .368 .184; median 31.
    """
    weeks = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
    died = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]

    result = completion_lengths(weeks, died)

    assert [round(share, 3) for share in result.running] == [
        0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184,
    ]  # fmt: skip
    assert result.median == 31


def test_twenty_question_score_of_a_model_with_700_right_is_6_to_15() -> None:
    """statistics.md 2.11 (c); scipy's hypergeometric quantiles."""
    result = score_range(700, 1_319, 20)

    assert (result.low, result.high) == (6, 15)
    law = scipy.stats.hypergeom(1_319, 700, 20)
    assert (result.low, result.high) == (law.ppf(0.025), law.ppf(0.975))


@pytest.mark.parametrize(
    ("losses", "gains", "n", "significant", "tolerance"),
    [
        # OpenAI's published GSM8K solutions, 400 draws each in statistics.md section 5
        (64, 293, 20, 0.13, 0.05), (64, 293, 50, 0.62, 0.07), (64, 293, 100, 0.92, 0.04),
        (209, 152, 20, 0.01, 0.02), (209, 152, 100, 0.10, 0.05), (209, 152, 400, 0.32, 0.07),
    ],
)  # fmt: skip
def test_power_on_subsets_of_published_solutions(
    losses: int, gains: int, n: int, significant: float, tolerance: float
) -> None:
    result = subset_chances(losses, gains, 1_319, n)

    right_way = result.significant_gain if gains > losses else result.significant_loss
    assert right_way == pytest.approx(significant, abs=tolerance)


@pytest.mark.parametrize(("n", "wrong"), [(5, 0.65), (20, 0.44), (100, 0.23)])
def test_the_better_model_often_looks_worse_or_tied(n: int, wrong: float) -> None:
    """statistics.md section 5, from 400 draws: tolerance two standard errors."""
    result = subset_chances(209, 152, 1_319, n)

    assert result.shows_gain + result.shows_tie == pytest.approx(wrong, abs=0.05)
