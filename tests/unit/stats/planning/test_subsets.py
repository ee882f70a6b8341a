import itertools
import math

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.planning.subsets import subset_statistics

RNG = np.random.default_rng(6)
BASE, TRAINED = (RNG.random(120) < 0.4).astype(int), (RNG.random(120) < 0.5).astype(int)


def test_each_row_is_an_analysis_of_its_own_questions() -> None:
    subsets = {7: [3, 50, 2, 99], 1: list(range(40))}

    found = subset_statistics(BASE, TRAINED, subsets)

    assert [row.seed for row in found.rows] == [7, 1]
    row, base, trained = found.rows[1], BASE[:40], TRAINED[:40]
    losses, gains = int((base > trained).sum()), int((trained > base).sum())
    assert (row.n, row.losses, row.gains) == (40, losses, gains)
    assert (row.base, row.trained) == (base.mean(), trained.mean())
    assert row.gain == (gains - losses) / 40
    assert row.exact == mcnemar(losses, gains).pvalue
    assert row.interval == tango_interval(losses, gains, 40, 0.95)


def test_union_counts_every_question_once() -> None:
    found = subset_statistics(BASE, TRAINED, {0: range(30), 1: range(20, 50)}).union

    base, trained = BASE[:50], TRAINED[:50]
    assert found.table.n == 50
    assert found.table.both == int((base & trained).sum())
    assert found.table.neither == int(((base == 0) & (trained == 0)).sum())
    assert found.gain == pytest.approx((trained - base).mean())


def test_theoretical_spread_is_that_of_all_possible_subsets() -> None:
    base, trained = BASE[:9], TRAINED[:9]
    differences = (trained - base)[:9]
    means = [differences[list(at)].mean() for at in itertools.combinations(range(9), 4)]

    found = subset_statistics(base, trained, {0: [0, 1, 2, 3], 1: [4, 5, 6, 7]}).spread[0]

    assert found.theoretical == pytest.approx(np.std(means))
    assert found.expected_overlap == pytest.approx(16 / 9)


def test_observed_spread_is_the_deviation_of_the_gains() -> None:
    subsets = {seed: range(20 * seed, 20 * seed + 20) for seed in range(5)}

    found = subset_statistics(BASE, TRAINED, subsets)

    gains = [row.gain for row in found.rows]
    assert found.spread[0].observed == pytest.approx(np.std(gains, ddof=1))
    assert found.spread[0].n_subsets == 5


def test_sizes_are_kept_apart_and_one_subset_has_no_spread() -> None:
    found = subset_statistics(BASE, TRAINED, {0: range(10), 1: range(30)})

    assert [(entry.n, entry.observed) for entry in found.spread] == [(10, None), (30, None)]


def test_a_subset_that_is_the_split_does_not_spread() -> None:
    found = subset_statistics(BASE, TRAINED, {0: range(120), 1: range(120)}).spread[0]

    assert (found.theoretical, found.observed) == (0.0, 0.0)


def test_a_split_larger_than_the_run_widens_the_spread() -> None:
    subsets = {0: range(60), 1: range(60, 120)}

    known = subset_statistics(BASE, TRAINED, subsets).spread[0].theoretical
    part = subset_statistics(BASE, TRAINED, subsets, n_split=1_200).spread[0].theoretical

    assert part / known == pytest.approx(math.sqrt((1 - 60 / 1_200) / (1 - 60 / 120)))


def test_no_field_combines_pvalues_over_subsets() -> None:
    found = subset_statistics(BASE, TRAINED, {0: range(10), 1: range(30)})

    names = set(found.__slots__) | set(found.spread[0].__slots__)
    assert not [name for name in names if "p" in name.split("_") or "pvalue" in name]


@pytest.mark.parametrize(
    ("subsets", "word"),
    [
        ({}, "no subset"),
        ({3: []}, "subset 3 is no list"),
        ({3: [0.5]}, "subset 3 is no list"),
        ({3: [0, 0]}, "twice"),
        ({3: [0, 120]}, "position 120"),
        ({3: [-1, 5]}, "position -1"),
    ],
)
def test_subset_statistics_validates_positions(subsets: dict[int, list[int]], word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        subset_statistics(BASE, TRAINED, subsets)


def test_subset_statistics_validates_sizes() -> None:
    with pytest.raises(NotComparableError, match="120 questions and trained 100"):
        subset_statistics(BASE, TRAINED[:100], {0: [1]})
    with pytest.raises(InvalidInputError, match="n_split is 100"):
        subset_statistics(BASE, TRAINED, {0: [1]}, n_split=100)
