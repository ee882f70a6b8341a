"""How fast the statistics are, measured in one run beside what they replace."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import Table
from evalsuite.records.verdict import Policy
from evalsuite.seeds import stream
from evalsuite.stats import difference_interval, mcnemar
from evalsuite.stats.paired.bootstrap import bca_interval
from evalsuite.verdict.evidence import decide_table
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.bench


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall time of a piece of work that has run once before."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_everything_for_1319_questions_five_subsets_and_nine_budgets() -> None:
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
    print(f"\neverything for 1,319 x 2, 5 subsets, 9 budgets: {1000 * took:.0f} ms")

    assert took < 0.3


def test_the_exact_bootstrap_is_100_times_faster_than_drawing() -> None:
    """BCa of the same pair, 9,999 resamples by scipy, in this very run."""
    values = np.repeat([-1.0, 0.0, 1.0], [64, 962, 293])
    drawn = seconds(
        lambda: scipy_stats.bootstrap(
            (values,), np.mean, n_resamples=9_999, method="BCa", rng=np.random.default_rng(0)
        ),
        3,
    )
    exact = seconds(lambda: bca_interval(64, 293, 1319, 0.95), 25)
    print(f"\nscipy {1000 * drawn:.0f} ms, exact law {1000 * exact:.2f} ms: {drawn / exact:.0f} x")

    assert drawn / exact >= 100
