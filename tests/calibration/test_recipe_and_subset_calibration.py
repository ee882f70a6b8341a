"""Training seeds: who covers the recipe's gain. Subsets: spread beside its theory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.planning.subsets import subset_chances
from evalsuite.stats.several.recipe_scopes import (
    components_of,
    new_questions,
    prediction_of,
    recipe_average,
    recipe_same_questions,
)
from evalsuite.stats.several.training_seeds import recipe_contrast, recipe_difference

if TYPE_CHECKING:
    from rates import Rates

    from evalsuite.records.groups.recipe import Scope

GAIN = 0.05


def simulate(
    rng: np.random.Generator, n_seeds: int, n_questions: int, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """One base, checkpoints whose true gain varies with standard deviation ``spread``."""
    difficulty = rng.uniform(0.25, 0.65, n_questions)
    base = rng.random(n_questions) < difficulty
    shift = GAIN + np.clip(rng.normal(0, spread, (n_seeds, 1)), -0.25, 0.25)
    return base, rng.random((n_seeds, n_questions)) < difficulty + shift


def scopes(cells: np.ndarray) -> dict[str, Scope]:
    """Give the scopes of trained minus base, seeds x questions, without any test."""
    recipe = recipe_average(cells, 0.95)
    parts = components_of(cells) if len(cells) > 1 else None
    return {
        "recipe": recipe,
        "recipe_same_questions": recipe_same_questions(cells, 0.95),
        "new_questions": new_questions(cells, 0.95),
        "prediction": prediction_of(recipe, parts, 0.95),
    }


def test_the_scopes_alone_are_those_of_the_whole_analysis() -> None:
    rng = np.random.default_rng(9)
    base, trained = rng.random((4, 60)) < 0.4, rng.random((4, 60)) < 0.5
    contrast = recipe_contrast(base, trained)
    difference = recipe_difference(base[0], trained)

    for whole, alone in (
        (contrast, scopes(trained.astype(float) - base)),
        (difference, scopes(trained.astype(float) - base[0])),
    ):
        for name, scope in alone.items():
            assert getattr(whole, name) == scope


def coverage(
    n_seeds: int, n_questions: int, spread: float, runs: int, seed: int
) -> dict[str, float]:
    """Share of runs in which each interval holds the recipe's gain on new questions."""
    rng = np.random.default_rng(seed)
    held = {"recipe": 0, "recipe_same_questions": 0, "new_questions": 0, "pooled": 0}
    for _ in range(runs):
        base, trained = simulate(rng, n_seeds, n_questions, spread)
        cells = trained.astype(float) - base
        for name, scope in scopes(cells).items():
            interval = scope.interval
            if name in held:
                held[name] += interval is not None and interval.low <= GAIN <= interval.high
        half = 1.96 * cells.std(ddof=1) / np.sqrt(cells.size)
        held["pooled"] += abs(cells.mean() - GAIN) <= half
    return {name: count / runs for name, count in held.items()}


def test_five_seeds_cover_the_recipe_where_pooled_questions_do_not() -> None:
    result = coverage(5, 300, 0.06, runs=500, seed=1)

    assert result["recipe"] >= 0.94
    assert result["pooled"] < 0.75
    assert result["new_questions"] < 0.9


def test_one_seed_has_no_recipe_interval_to_be_wrong_about() -> None:
    assert coverage(1, 100, 0.06, runs=20, seed=2)["recipe"] == 0.0


def next_run_coverage(
    n_seeds: int, n_questions: int, spread: float, *, is_paired: bool, runs: int
) -> dict[str, float]:
    """Share of runs in which the expected gain of one more run lies in each interval.

    In a paired design both recipes' checkpoints vary, and one more run is one more pair.
    """
    rng = np.random.default_rng(n_seeds * n_questions)
    held = {"recipe": 0, "prediction": 0}
    for _ in range(runs):
        difficulty = rng.uniform(0.3, 0.6, n_questions)
        # the last seed of each side is the run that is still to come
        shifts = rng.normal(0, spread, (2, n_seeds + 1, 1)).clip(-0.25, 0.3)
        trained = rng.random((n_seeds, n_questions)) < difficulty + GAIN + shifts[0, :-1]
        if is_paired:
            base = rng.random((n_seeds, n_questions)) < difficulty + shifts[1, :-1]
            cells = trained.astype(float) - base
            truth = GAIN + float(shifts[0, -1, 0] - shifts[1, -1, 0])
        else:
            cells = trained.astype(float) - (rng.random(n_questions) < difficulty)
            truth = GAIN + float(shifts[0, -1, 0])
        for name, scope in scopes(cells).items():
            if name in held and scope.interval is not None:
                held[name] += scope.interval.low <= truth <= scope.interval.high
    return {name: count / runs for name, count in held.items()}


def test_one_more_run_lies_in_the_prediction_and_not_in_the_average() -> None:
    """The interval of the average held it in .53 to .72 of these designs, and was sold as it."""
    result = next_run_coverage(10, 300, 0.05, is_paired=True, runs=400)

    assert result["recipe"] < 0.7
    assert 0.9 <= result["prediction"] <= 0.99


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("n_seeds", "n_questions", "spread", "is_paired"),
    [
        (3, 300, 0.05, True),
        (3, 1_319, 0.03, False),
        (5, 300, 0.05, True),
        (10, 300, 0.05, True),
        (5, 1_319, 0.03, True),
        (10, 1_319, 0.03, True),
        (5, 1_319, 0.03, False),
        (10, 1_319, 0.03, False),
        (20, 1_319, 0.03, False),
        (5, 1_319, 0.01, False),
    ],
)
def test_coverage_of_one_new_run(
    n_seeds: int, n_questions: int, spread: float, is_paired: bool, rates: Rates
) -> None:
    """The referee's design cells: .90 to .99; wider where seeds hardly differ."""
    result = next_run_coverage(n_seeds, n_questions, spread, is_paired=is_paired, runs=2_000)

    design = "pairs" if is_paired else "one base"
    cell = f"{n_seeds} seeds, {n_questions} questions, SD {100 * spread:.0f} points, {design}"
    most = 0.99 if spread > 0.01 else 1.0
    hits, n = 2_000 * result["prediction"], n_questions
    rates.share("recipe_prediction", cell, hits, 2_000, n=n, at_least=0.9, at_most=most)
    assert result["prediction"] >= result["recipe"]


def drawn_subsets(runs: int, n: int, seed: int, split: tuple[int, int]) -> tuple[float, float]:
    """Share of drawn subsets that show a gain, and share whose exact p is at most .05."""
    losses, gains = split
    steps = np.repeat([-1, 1, 0], [losses, gains, 1_319 - losses - gains])
    rng = np.random.default_rng(seed)
    drawn = np.array([rng.choice(steps, n, replace=False) for _ in range(runs)])
    lost, won = (drawn == -1).sum(axis=1), (drawn == 1).sum(axis=1)
    pvalues = [mcnemar(*pair).pvalue for pair in zip(lost.tolist(), won.tolist(), strict=True)]
    return float((won > lost).mean()), float(np.mean(np.array(pvalues) <= 0.05))


def test_subsets_call_hardly_ever_a_difference_that_is_not_there() -> None:
    """Acceptance 11: with as many losses as gains, at most 5% of subsets say p <= .05."""
    _, significant = drawn_subsets(200, 20, seed=3, split=(160, 159))
    chances = subset_chances(160, 159, 1_319, 20)

    assert significant <= 0.05
    assert chances.significant_gain + chances.significant_loss <= 0.05


def test_drawn_subsets_show_what_the_exact_chances_say() -> None:
    """A subset of more than half of the split: the finite split must narrow the law."""
    shows_gain, significant = drawn_subsets(2_000, 700, seed=4, split=(290, 310))
    chances = subset_chances(290, 310, 1_319, 700)

    assert shows_gain == pytest.approx(chances.shows_gain, abs=0.04)
    exact = chances.significant_gain + chances.significant_loss
    assert significant == pytest.approx(exact, abs=0.02)
    assert exact < 0.02  # drawn with replacement it would be .08


@pytest.mark.calibration
@pytest.mark.parametrize("n_questions", [200, 1_319])
@pytest.mark.parametrize("n_seeds", [2, 3, 5, 10])
@pytest.mark.parametrize("spread", [0.02, 0.06])
def test_coverage_of_the_recipe(
    n_seeds: int, n_questions: int, spread: float, rates: Rates
) -> None:
    """Acceptance 10: at least .94 for new seeds and new questions."""
    result = coverage(n_seeds, n_questions, spread, runs=3_000, seed=30)

    cell = f"{n_seeds} seeds, {n_questions} questions, SD {100 * spread:.0f} points"
    hits, n = 3_000 * result["recipe"], n_questions
    rates.share("recipe_average", cell, hits, 3_000, n=n, at_least=0.94)
    if spread == 0.06 and n_questions == 1_319:
        assert result["pooled"] < 0.6
        assert n_seeds == 10 or result["new_questions"] < 0.85


@pytest.mark.calibration
@pytest.mark.parametrize("n_seeds", [2, 3, 5])
def test_coverage_on_these_questions(n_seeds: int, rates: Rates) -> None:
    """Student t on the per-seed gains, questions fixed: the level is met, not exceeded."""
    rng = np.random.default_rng(31)
    difficulty = rng.uniform(0.25, 0.65, 300)
    base = rng.random(300) < difficulty
    truth = float((difficulty + GAIN - base).mean())
    held = 0
    for _ in range(4_000):
        shift = GAIN + rng.normal(0, 0.03, (n_seeds, 1))
        trained = rng.random((n_seeds, 300)) < difficulty + shift
        interval = recipe_same_questions(trained.astype(float) - base, 0.95).interval
        held += interval is not None and interval.low <= truth <= interval.high

    cell = f"{n_seeds} seeds"
    rates.share("recipe_here", cell, held, 4_000, n=300, at_least=0.93, at_most=0.97)


@pytest.mark.calibration
@pytest.mark.parametrize("n", [5, 20, 200, 700])
def test_subset_impressions_and_false_alarms(n: int, rates: Rates) -> None:
    shows_gain, significant = drawn_subsets(2_000, n, seed=32, split=(160, 159))
    chances = subset_chances(160, 159, 1_319, n)
    exact = chances.significant_gain + chances.significant_loss

    assert shows_gain == pytest.approx(chances.shows_gain, abs=0.04)
    assert exact <= 0.05
    rates.share("subset_claim", f"subsets of {n}", 2_000 * significant, 2_000, n=n, at_most=0.05)
