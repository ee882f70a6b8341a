from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from suite_builders import plain_part

from evalsuite.comparing.gain import clusters_of
from evalsuite.comparing.groups.suite import suite_of
from evalsuite.records.comparison import Comparison, Interval
from evalsuite.stats import cluster_difference, difference_interval, stratified_gain, widened_gain

if TYPE_CHECKING:
    from evalsuite.records.groups.suite import Suite

TABLES = {"adding": (5, 60, 300), "taking": (10, 10, 200), "sharing": (12, 4, 50)}


def parts() -> list[Comparison]:
    return [plain_part(counts, task) for task, counts in TABLES.items()]


def described(compared: list[Comparison]) -> Suite:
    return suite_of(compared, alpha=0.05, confidence_level=0.95)


def test_the_mean_is_that_of_the_questions_differences() -> None:
    rows = [[-1] * lost + [1] * won + [0] * (n - lost - won) for lost, won, n in TABLES.values()]
    expected = stratified_gain(rows)

    suite = described(parts())

    assert suite.mean.gain == pytest.approx(expected.estimate)
    assert suite.mean.interval == expected.interval
    assert suite.mean.exact == expected.pvalue
    assert expected.equal_gains is not None
    assert suite.heterogeneity.pvalue == expected.equal_gains.pvalue
    assert (suite.n_questions, suite.mean.adjusted, suite.mean.decision) == (550, None, None)


def test_the_lowest_task_has_the_interval_that_holds_for_all_tasks_at_once() -> None:
    lowest = described(parts()).lowest

    interval = difference_interval(34, 12, 4, 0, confidence_level=1 - 0.05 / 3)
    assert lowest.position == 2
    assert lowest.interval == Interval(low=interval.low, high=interval.high)


def test_a_task_of_several_samples_counts_its_questions() -> None:
    rng = np.random.default_rng(5)
    base, trained = rng.integers(0, 2, size=(2, 60, 4))
    difference = cluster_difference(base, trained)
    sampled = parts()[1]
    sampled = replace(
        sampled,
        gain=replace(sampled.gain, estimate=difference.estimate, clusters=clusters_of(difference)),
    )

    suite = described([parts()[0], sampled])

    alone = widened_gain(trained.mean(axis=1) - base.mean(axis=1))
    first = widened_gain([-1] * 5 + [1] * 60 + [0] * 235)
    error = (first.standard_error**2 + alone.standard_error**2) ** 0.5 / 2
    assert suite.n_questions == 360
    assert suite.mean.standard_error == pytest.approx(error)
