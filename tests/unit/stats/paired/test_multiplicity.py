"""Holm by its definition as a step-down procedure."""

import itertools

import numpy as np
import pytest

from evalsuite.stats import holm


def rejected_stepping_down(pvalues: list[float], alpha: float) -> set[int]:
    """Reject the smallest while it is at most alpha over the number still standing."""
    standing = sorted(range(len(pvalues)), key=pvalues.__getitem__)
    rejected = set()
    while standing and pvalues[standing[0]] <= alpha / len(standing):
        rejected.add(standing.pop(0))
    return rejected


def test_adjusted_pvalues_reject_what_stepping_down_rejects() -> None:
    rng = np.random.default_rng(5)
    for size in range(1, 8):
        for _ in range(50):
            pvalues = (rng.random(size) ** 3).tolist()
            result = holm(pvalues)
            for alpha in (0.01, 0.05, 0.3):
                kept = {index for index, p in enumerate(result) if p <= alpha}
                assert kept == rejected_stepping_down(pvalues, alpha)


def test_one_comparison_keeps_its_pvalue() -> None:
    assert holm([0.03]) == (0.03,)


def test_order_of_the_family_changes_nothing() -> None:
    pvalues = (0.01, 0.02, 0.03, 0.5)
    expected = dict(zip(pvalues, holm(pvalues), strict=True))
    for shuffled in itertools.permutations(pvalues):
        assert holm(shuffled) == tuple(expected[p] for p in shuffled)


def test_adjusted_pvalues_never_exceed_one_nor_fall_below_the_raw() -> None:
    result = holm([0.4, 0.5, 0.9])

    assert result == pytest.approx((1, 1, 1))
