from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalsuite.errors import InvalidInputError
from evalsuite.stats import Stratum, stratified_gain, widened_gain
from evalsuite.stats.several.stratified import equal_gains

if TYPE_CHECKING:
    from numpy.typing import NDArray

RNG = np.random.default_rng(3)
TASKS = [RNG.choice([-1, 0, 1], size=n, p=p) for n, p in ((40, (0.1, 0.6, 0.3)), (200, (0.2, 0.6, 0.2)), (90, (0.05, 0.8, 0.15)))]  # fmt: skip  # noqa: E501


def widened(row: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.append(row.astype(float), (-1.0, 1.0))


def test_the_estimate_is_the_plain_mean_of_the_tasks() -> None:
    assert stratified_gain(TASKS).estimate == pytest.approx(np.mean([r.mean() for r in TASKS]))


def test_error_and_freedom_follow_welch_and_satterthwaite() -> None:
    errors = [float(widened(row).var(ddof=1)) / (len(row) + 2) for row in TASKS]
    result = stratified_gain(TASKS)

    assert result.standard_error == pytest.approx(math.sqrt(sum(errors)) / 3)
    freedom = sum(errors) ** 2 / sum(
        error**2 / (len(row) + 1) for error, row in zip(errors, TASKS, strict=True)
    )
    assert result.degrees_of_freedom == pytest.approx(freedom)


def test_two_tasks_against_scipys_welch_test() -> None:
    """The mean of task 1 and task 2 turned is half the difference of the two means."""
    from scipy import stats as scipy_stats

    first, second = widened(TASKS[0]), widened(TASKS[1])
    expected = scipy_stats.ttest_ind(first, second, equal_var=False)
    test = equal_gains(stratified_gain(TASKS[:2]).strata)

    assert test.statistic == pytest.approx(expected.statistic**2)
    assert test.pvalue == pytest.approx(expected.pvalue)
    assert test.denominator == pytest.approx(expected.df)


def test_equal_gains_against_statsmodels() -> None:
    from statsmodels.stats.oneway import anova_oneway

    expected = anova_oneway([widened(row) for row in TASKS], use_var="unequal")
    test = stratified_gain(TASKS).equal_gains

    assert test is not None
    assert test.statistic == pytest.approx(expected.statistic)
    assert test.pvalue == pytest.approx(expected.pvalue)
    assert (test.numerator, test.denominator) == pytest.approx(expected.df)


def test_one_task_keeps_its_own_error_and_has_nothing_to_differ_in() -> None:
    result, alone = stratified_gain(TASKS[:1]), widened_gain(TASKS[0])

    assert result.standard_error == pytest.approx(alone.standard_error)
    assert result.degrees_of_freedom == pytest.approx(alone.degrees_of_freedom)
    assert result.equal_gains is None


def test_tasks_without_any_change_have_an_interval_all_the_same() -> None:
    result = stratified_gain([[0] * 20, [0] * 30])

    assert (result.estimate, result.pvalue) == (0, 1)
    assert result.interval.low < -0.02
    assert result.equal_gains is not None
    assert result.equal_gains.pvalue == 1


def test_a_task_counts_once_whatever_its_size() -> None:
    small, large = [1] * 5 + [0] * 5, [0] * 1000

    assert stratified_gain([small, large]).estimate == 0.25


@pytest.mark.parametrize("differences", [[], [[]], [[0.5], [2]], [[float("nan")]]])
def test_what_is_no_difference_is_refused(differences: list[list[float]]) -> None:
    with pytest.raises(InvalidInputError):
        stratified_gain(differences)


def test_one_task_alone_cannot_differ() -> None:
    stratum = Stratum(
        n_questions=9, estimate=0, center=0, standard_error=0.1, degrees_of_freedom=10
    )

    with pytest.raises(InvalidInputError, match="two or more"):
        equal_gains([stratum])


rows = st.lists(st.sampled_from([-1, -0.5, 0, 0.25, 1]), min_size=1, max_size=30)


@given(st.lists(rows, min_size=2, max_size=6))
def test_swapping_models_turns_the_mean_and_order_changes_nothing(tasks: list[list[float]]) -> None:
    result = stratified_gain(tasks)
    turned = stratified_gain([[-value for value in row] for row in reversed(tasks)])

    assert turned.estimate == pytest.approx(-result.estimate)
    assert turned.interval.low == pytest.approx(-result.interval.high)
    assert turned.pvalue == pytest.approx(result.pvalue)
    assert result.equal_gains is not None
    assert turned.equal_gains is not None
    assert turned.equal_gains.pvalue == pytest.approx(result.equal_gains.pvalue)
    # test and interval agree
    assert (result.pvalue <= 0.05) == (result.interval.low >= 0 or result.interval.high <= 0)
