"""How fast the statistics are, measured in one run beside what they replace."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench_results import record_result, results_folder
from scipy import stats as scipy_stats

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import Table
from evalsuite.records.verdict import Policy
from evalsuite.seeds import stream
from evalsuite.stats import (
    difference_interval,
    flip_chances,
    majority_curves,
    mcnemar,
    pass_curves,
)
from evalsuite.stats.paired.bootstrap import bca_interval
from evalsuite.verdict.evidence import decide_table
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.bench


def record(folder: Path, what: str, s: float) -> None:
    record_result(results_folder(folder), "statistics", {"what": what, "s": s})


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall time of a piece of work that has run once before."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_everything_for_1319_questions_five_subsets_and_nine_budgets(tmp_path: Path) -> None:
    """Under 0.3 s after imports."""
    rng = stream(0, "bench")
    tables = [rng.multinomial(n, [0.17, 0.05, 0.22, 0.56]).tolist() for n in [200] * 5 + [1319] * 9]

    def work() -> None:
        comparison = compare_table(Table(both=222, losses=64, gains=293, neither=740))
        judge(comparison, Policy())
        for both, losses, gains, neither in tables:
            difference_interval(both, losses, gains, neither)
            mcnemar(losses, gains)
            decide_table(losses, gains, both + losses + gains + neither, Policy())

    took = seconds(work, 9)
    record(tmp_path, "statistics and verdict of 1,319 x 2, 5 subsets, 9 budgets", took)
    print(f"\neverything for 1,319 x 2, 5 subsets, 9 budgets: {1000 * took:.0f} ms")

    assert took < 0.3


def test_the_exact_bootstrap_is_100_times_faster_than_drawing(tmp_path: Path) -> None:
    """BCa of the same pair, 9,999 resamples by scipy, in this very run."""
    values = np.repeat([-1.0, 0.0, 1.0], [64, 962, 293])
    drawn = seconds(
        lambda: scipy_stats.bootstrap(
            (values,), np.mean, n_resamples=9_999, method="BCa", rng=np.random.default_rng(0)
        ),
        3,
    )
    exact = seconds(lambda: bca_interval(64, 293, 1319, 0.95), 25)
    record(tmp_path, "bootstrap interval of 1,319 questions, scipy's 9,999 draws", drawn)
    record(tmp_path, "the same, exact", exact)
    print(f"\nscipy {1000 * drawn:.0f} ms, exact law {1000 * exact:.2f} ms: {drawn / exact:.0f} x")

    assert drawn / exact >= 100


def test_all_curves_and_chances_of_64_samples_for_1319_questions(
    tmp_path: Path,
) -> None:
    """Both models' pass@k and maj@k, and every question's chance of a real change: under 2 s."""
    rng = stream(0, "bench-passes")
    before = rng.beta(0.5, 0.7, (1319, 1))
    after = np.where(rng.random((1319, 1)) < 0.3, rng.beta(1, 0.8, (1319, 1)), before)
    base, trained = (rng.random((1319, 64)) < chance for chance in (before, after))
    votes = [np.where(side, 0, rng.integers(1, 9, side.shape)) for side in (base, trained)]

    def work() -> None:
        pass_curves(base, trained)
        majority_curves(*votes, rng=np.random.default_rng(0))
        flip_chances(base, trained)

    took = seconds(work, 3)
    record(tmp_path, "pass@k, maj@k and changes of 1,319 x 64 samples x 2", took)
    print(f"\ncurves and chances of 1,319 x 64 x 2: {took:.2f} s")

    assert took < 2
