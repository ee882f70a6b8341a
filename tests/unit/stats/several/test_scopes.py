"""One mean gain, several claims: Student's interval and p-value of each."""

import numpy as np
import pytest
import scipy.stats

from evalsuite.stats.several.scopes import interval_at, scope_of, undefined_scope


def test_a_scope_is_a_one_sample_t_test() -> None:
    differences = np.array([0.02, 0.05, -0.01, 0.04, 0.03])
    mean, error = float(differences.mean()), float(scipy.stats.sem(differences))
    theirs = scipy.stats.ttest_1samp(differences, 0)

    ours = scope_of("recipe", mean, error, 4, 0.9)

    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-12)
    assert ours.interval is not None
    limits = theirs.confidence_interval(0.9)
    assert (ours.interval.low, ours.interval.high) == pytest.approx(limits, rel=1e-12)


def test_interval_and_pvalue_are_student_ts() -> None:
    scope = scope_of("these questions", 0.04, 0.015, 9, 0.95)

    law = scipy.stats.t(9, loc=0.04, scale=0.015)
    assert scope.interval is not None
    assert (scope.interval.low, scope.interval.high) == pytest.approx(law.interval(0.95))
    assert scope.pvalue == pytest.approx(2 * scipy.stats.t(9).sf(0.04 / 0.015))


def test_another_level_agrees_with_a_scope_made_at_it() -> None:
    scope = scope_of("these questions", 0.04, 0.015, 9, 0.95)

    assert (
        interval_at(scope, 0.04, 0.9) == scope_of("these questions", 0.04, 0.015, 9, 0.9).interval
    )


def test_an_interval_ends_where_gains_end() -> None:
    interval = scope_of("two seeds", 0.5, 0.4, 1, 0.95).interval

    assert interval is not None
    assert (interval.low, interval.high) == (-1.0, 1.0)


def test_without_spread_there_is_a_reason_and_no_number() -> None:
    scope = scope_of("these questions", 0.04, 0.0, 9, 0.95)

    assert (scope.standard_error, scope.interval, scope.pvalue) == (None, None, None)
    assert scope.reason == "all differences are equal: there is no spread to estimate from"
    assert interval_at(scope, 0.04, 0.99) is None
    assert interval_at(undefined_scope("a recipe", "one seed"), 0.04, 0.95) is None


def test_swapping_the_models_mirrors_the_interval() -> None:
    there = scope_of("x", 0.04, 0.015, 9, 0.95)
    back = scope_of("x", -0.04, 0.015, 9, 0.95)

    assert there.interval is not None
    assert back.interval is not None
    assert (back.interval.low, back.interval.high) == (-there.interval.high, -there.interval.low)
    assert back.pvalue == there.pvalue


def test_a_pvalue_is_never_zero() -> None:
    pvalue = scope_of("recipe", 0.5, 1e-300, 50, 0.95).pvalue

    assert pvalue is not None
    assert pvalue > 0
