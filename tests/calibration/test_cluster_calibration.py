"""Sampled answers: coverage of the question-level interval, and how treating samples as
independent goes wrong in both directions.
"""  # noqa: D205  one sentence

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.stats.several.clusters import cluster_difference
from evalsuite.stats.several.widened import widened_gain

if TYPE_CHECKING:
    from rates import Rates

GRID = [(n, k, icc) for n in (20, 50, 200, 1_319) for k in (1, 4, 16) for icc in (0.0, 0.3, 0.7)]


def difficulties(
    rng: np.random.Generator, icc: float, mean: float, size: tuple[int, int]
) -> np.ndarray:
    """Chances of a right answer with the given correlation between samples of a question."""
    if icc == 0:
        return np.full(size, mean)
    total = (1 - icc) / icc
    return rng.beta(mean * total, (1 - mean) * total, size)


def simulate(
    n: int, k: int, icc: float, runs: int, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Right answers (runs x questions) of both models; half of the questions are new to trained."""
    rng = np.random.default_rng(seed)
    p = difficulties(rng, icc, 0.4, (runs, n))
    moved = rng.random((runs, n)) < 0.5
    q = np.where(moved, difficulties(rng, icc, 0.5, (runs, n)), p)
    return rng.binomial(k, p), rng.binomial(k, q), 0.05


def coverage(base: np.ndarray, trained: np.ndarray, k: int, gain: float) -> tuple[float, float]:
    """Share of runs whose interval holds the gain, and share with at least 20 changed questions."""
    held = enough = 0
    for left, right in zip(base, trained, strict=True):
        interval = widened_gain((right - left) / k).interval
        held += interval.low <= gain <= interval.high
        enough += int((right != left).sum()) >= 20
    return held / len(base), enough / len(base)


def independent_coverage(base: np.ndarray, trained: np.ndarray, k: int, gain: float) -> float:
    """Coverage of the two-sample z interval that takes every sample for a question of its own."""
    n = base.shape[1] * k
    left, right = base.sum(axis=1) / n, trained.sum(axis=1) / n
    half = 1.96 * np.sqrt((left * (1 - left) + right * (1 - right)) / n)
    return float(np.mean(np.abs(right - left - gain) <= half))


def test_question_level_interval_holds_its_level() -> None:
    base, trained, gain = simulate(200, 4, 0.3, runs=1_000, seed=1)
    held, enough = coverage(base, trained, 4, gain)

    assert enough == 1.0
    assert 0.93 <= held <= 0.97


def test_independent_samples_are_wrong_in_either_direction() -> None:
    base, trained, gain = simulate(200, 16, 0.7, runs=1_000, seed=2)
    assert independent_coverage(base, trained, 16, gain) < 0.8

    # the same difficulty for both models, nothing new: pairing removes most of the variance
    rng = np.random.default_rng(3)
    p = difficulties(rng, 0.7, 0.4, (1_000, 200))
    base, trained = rng.binomial(1, p), rng.binomial(1, p)
    assert independent_coverage(base, trained, 1, 0.0) > 0.985


def sparse(runs: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scenario E of the calibration table: .95 -> .96, 3% of the questions change."""
    rng = np.random.default_rng(4)
    cells = rng.choice(3, size=(runs, n), p=[0.01, 0.02, 0.97])
    return (cells != 1).astype(int), (cells != 0).astype(int)


def test_sparse_changes_widen_the_interval_and_are_warned_about() -> None:
    """The plain t interval holds .77 at 50 questions; two pseudo-questions mend it."""
    base, trained = sparse(1_000, 50)
    held, enough = coverage(base, trained, 1, 0.01)

    assert held >= 0.99
    assert enough == 0.0
    result = cluster_difference(base[0][:, np.newaxis], trained[0][:, np.newaxis])
    assert any("the interval is wide by design" in warning for warning in result.warnings)


def test_sign_flip_holds_its_level_where_the_interval_does_not() -> None:
    rng = np.random.default_rng(5)
    rejected = 0
    for _ in range(500):
        p = np.where(rng.random((30, 1)) < 0.9, 0.02, 0.6)
        base, trained = rng.random((30, 4)) < p, rng.random((30, 4)) < p
        rejected += cluster_difference(base, trained).pvalue <= 0.05

    assert rejected / 500 <= 0.05


@pytest.mark.calibration
@pytest.mark.parametrize(("n", "k", "icc"), GRID)
def test_coverage_over_the_grid(n: int, k: int, icc: float, rates: Rates) -> None:
    """Acceptance 9: at least .93 from 50 questions on, with at least 20 changed questions.

    The two pseudo-questions are the price of few questions with many samples: where sampling alone
    makes the spread, 50 questions cover .99 and more. At 1,319 they no longer show.
    """
    base, trained, gain = simulate(n, k, icc, runs=4_000, seed=20)
    held, enough = coverage(base, trained, k, gain)
    independent = independent_coverage(base, trained, k, gain)

    print(
        f"Q {n} k {k} icc {icc}: t {held:.4f} (>= 20 changed {enough:.2f}), iid {independent:.4f}"
    )
    if n >= 50 and enough > 0.9:
        cell = f"{n} x {k}, correlation {icc}"
        most = 0.97 if n == 1_319 else None
        rates.share("samples_covered", cell, 4_000 * held, 4_000, n=n, at_least=0.93, at_most=most)


@pytest.mark.calibration
@pytest.mark.parametrize(("n", "changed"), [(50, 0.03), (200, 0.03), (1_319, 0.03)])
def test_coverage_under_sparse_changes(n: int, changed: float) -> None:
    base, trained = sparse(4_000, n)
    held, enough = coverage(base, trained, 1, 0.01)

    print(f"E n {n} ({changed:.0%} change): t {held:.4f}, >= 20 changed {enough:.2f}")
    if enough > 0.9:
        assert 0.93 <= held <= 0.97


@pytest.mark.calibration
@pytest.mark.parametrize("n", [20, 50])
def test_bootstrap_over_questions_is_no_better_than_t(n: int) -> None:
    rng = np.random.default_rng(21)
    held = narrow = 0
    for _ in range(2_000):
        p = rng.beta(1, 1.5, (n, 1))
        base = rng.random((n, 4)) < p
        trained = rng.random((n, 4)) < np.where(rng.random((n, 1)) < 0.5, rng.beta(1, 1, (n, 1)), p)
        result = cluster_difference(base, trained)
        assert result.bootstrap is not None
        held += result.bootstrap.low <= 0.05 <= result.bootstrap.high
        narrow += result.interval.low <= 0.05 <= result.interval.high

    print(f"Q {n}: bootstrap {held / 2_000:.4f}, t {narrow / 2_000:.4f}")
    assert held / 2_000 >= 0.9
    error = math.sqrt(0.05 * 0.95 / 2_000)
    assert narrow / 2_000 >= 0.94 - 3 * error
