"""Intervals and p-values of one claim, against scipy's own t test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evalsuite.stats.several.scopes import interval_at, scope_of

DIFFERENCES = np.array([0.02, 0.05, -0.01, 0.04, 0.03])
MEAN, ERROR = float(DIFFERENCES.mean()), float(stats.sem(DIFFERENCES))


def test_a_scope_is_a_one_sample_t_test() -> None:
    theirs = stats.ttest_1samp(DIFFERENCES, 0)
    interval = theirs.confidence_interval(0.9)

    ours = scope_of("recipe", MEAN, ERROR, 4, 0.9)

    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-12)
    assert ours.interval is not None
    assert (ours.interval.low, ours.interval.high) == pytest.approx(interval, rel=1e-12)


def test_swapped_models_swap_the_interval() -> None:
    one, other = (scope_of("recipe", sign * MEAN, ERROR, 4, 0.95) for sign in (1, -1))

    assert one.pvalue == other.pvalue
    assert one.interval is not None
    assert other.interval is not None
    assert (one.interval.low, one.interval.high) == (-other.interval.high, -other.interval.low)


def test_an_interval_stays_between_minus_one_and_one() -> None:
    scope = scope_of("recipe", 0.9, 0.5, 1, 0.95)

    assert scope.interval is not None
    assert (scope.interval.low, scope.interval.high) == (-1.0, 1.0)


def test_equal_differences_have_no_standard_error_and_no_interval() -> None:
    scope = scope_of("recipe", 0.1, 0.0, 4, 0.95)

    assert (scope.standard_error, scope.interval, scope.pvalue) == (None, None, None)
    assert scope.reason
    assert interval_at(scope, 0.1, 0.99) is None


def test_a_pvalue_is_never_zero() -> None:
    pvalue = scope_of("recipe", 0.5, 1e-300, 50, 0.95).pvalue

    assert pvalue is not None
    assert pvalue > 0
