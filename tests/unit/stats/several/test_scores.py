"""Scores between 0 and 1: the gain, its interval and its test, against enumeration."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import cluster_difference
from evalsuite.stats.paired.contrast import gain_contrast, score_contrast
from evalsuite.stats.several.clusters import score_difference
from evalsuite.stats.several.signflip import whole_steps
from evalsuite.stats.several.widened import widened_gain

BASE = [0, 1 / 3, 1 / 2, 0, 1, 2 / 3, 1 / 5, 1 / 2, 0]
TRAINED = [1 / 2, 2 / 3, 1 / 2, 1 / 3, 2 / 3, 1, 4 / 5, 1, 1]


def test_the_pvalue_is_the_share_of_all_sign_patterns() -> None:
    exact = [
        Fraction(t).limit_denominator(30) - Fraction(b).limit_denominator(30)
        for b, t in zip(BASE, TRAINED, strict=True)
    ]
    total = abs(sum(exact, Fraction()))
    sums = [
        abs(sum((s * d for s, d in zip(signs, exact, strict=True)), Fraction()))
        for signs in product((-1, 1), repeat=len(exact))
    ]
    found = score_difference([[b] for b in BASE], [[t] for t in TRAINED])

    assert found.pvalue == pytest.approx(sum(s >= total for s in sums) / len(sums))
    assert found.estimate == pytest.approx(float(sum(exact)) / len(exact))
    assert found.interval == widened_gain(np.array([float(d) for d in exact])).interval
    assert (found.n_better, found.n_worse) == (7, 1)
    points = found.expected_gains - found.expected_losses
    assert points / len(exact) == pytest.approx(found.estimate)


def test_right_and_wrong_alone_give_what_answers_give() -> None:
    rng = np.random.default_rng(1)
    base, trained = rng.integers(0, 2, (30, 3)), rng.integers(0, 2, (30, 3))
    scored, answered = score_difference(base, trained), cluster_difference(base, trained)

    assert scored.pvalue == pytest.approx(answered.pvalue)
    assert scored.interval.low == pytest.approx(answered.interval.low)
    assert scored.variance is not None
    assert answered.variance is not None
    assert scored.variance.questions == pytest.approx(answered.variance.questions)


def test_a_contrast_of_answers_is_the_same_as_scores() -> None:
    here, there = [[1], [0], [1], [-1], [0], [1]], [[0], [0], [1], [0], [-1], [0]]

    assert score_contrast(here, there) == gain_contrast(here, there)


def test_differences_too_fine_for_one_lattice_are_rounded() -> None:
    steps, unit = whole_steps(np.array([1 / 7, 1 / 11, 1 / 13, 1 / 17, -1 / 19]))

    assert unit == 10_000
    assert steps.tolist() == [1429, 909, 769, 588, -526]


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_what_is_no_score_is_refused(score: float) -> None:
    with pytest.raises(InvalidInputError, match="0 to 1"):
        score_difference([[0.5], [score]], [[0.5], [0.5]])
