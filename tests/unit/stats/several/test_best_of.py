from __future__ import annotations

import numpy as np
import pytest

from evalsuite.stats import best_of, cluster_difference


def nulls(models: int, questions: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.choice([-1, 0, 1], size=(models, questions), p=[0.05, 0.9, 0.05])


def test_the_best_of_twenty_nulls_is_covered() -> None:
    """A plain 95% interval of the winner covers 0 in six of ten such families."""
    results = [best_of(nulls(20, 250, seed), rng=np.random.default_rng(seed)) for seed in range(80)]

    covered = np.mean([r.interval.low <= 0 <= r.interval.high for r in results])
    assert covered >= 0.93  # .95 less a standard error of 80 families
    assert np.mean([r.pvalue <= 0.05 for r in results]) <= 0.08
    assert np.mean([r.estimate for r in results]) == pytest.approx(
        np.mean([r.luck for r in results]), abs=0.004
    )


def test_a_clear_winner_stays_clear() -> None:
    rows = nulls(10, 500, seed=1)
    rows[4, :100] = 1
    best = best_of(rows, rng=np.random.default_rng(0))

    assert (best.index, best.n_models, best.n) == (4, 10, 500)
    assert best.interval.low > 0
    assert best.pvalue < 0.001


def test_one_model_has_been_picked_from_nothing() -> None:
    row = nulls(1, 300, seed=2)
    best = best_of(row, rng=np.random.default_rng(0))
    # the same gain from answers: a loss is right before, a gain right after
    alone = cluster_difference((row[0] == -1)[:, None], (row[0] == 1)[:, None])

    assert best.luck == pytest.approx(0, abs=0.001)
    assert best.estimate == pytest.approx(alone.estimate)


def test_equal_winners_give_the_first() -> None:
    assert best_of([[1, 0, 0], [0, 1, 0]], rng=np.random.default_rng(0)).index == 0
