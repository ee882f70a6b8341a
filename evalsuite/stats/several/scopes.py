"""Scopes of one mean gain: the same number has a wider interval for a wider claim.

Holds the Student t interval and p-value of one claim. `Scope` stays a record because
``results.json`` is read back into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.groups.recipe import Scope
from evalsuite.stats.several.widened import skewed_interval, student_interval, student_pvalue

if TYPE_CHECKING:
    from evalsuite.records.comparison import Interval

__all__ = ["interval_at", "margin_interval_at", "scope_of", "undefined_scope", "widened_scope"]


def undefined_scope(target: str, reason: str) -> Scope:
    """Say why a claim has no standard error."""
    return Scope(
        target=target,
        standard_error=None,
        degrees_of_freedom=None,
        interval=None,
        pvalue=None,
        reason=reason,
    )


def scope_of(target: str, mean: float, error: float, freedom: int, level: float) -> Scope:
    """Give a claim its Student t interval and p-value.

    ``error`` is the standard error for this claim, ``freedom`` its degrees of freedom. Undefined
    where the error is 0.
    """
    if error == 0:
        return undefined_scope(
            target, "all differences are equal: there is no spread to estimate from"
        )
    return Scope(
        target=target,
        standard_error=error,
        degrees_of_freedom=freedom,
        interval=student_interval(mean, error, freedom, level),
        pvalue=student_pvalue(mean, error, freedom),
        reason=None,
    )


def widened_scope(
    target: str, error: float, freedom: int, level: float, *, center: float, widened_error: float
) -> Scope:
    """Give a claim on new questions its interval and p-value, from the widened questions.

    ``error`` is of the mean of the real questions, ``widened_error`` of ``center``, the mean with
    one pseudo-loss and one pseudo-gain; it is never 0, so the claim is always defined.
    """
    return Scope(
        target=target,
        standard_error=error,
        degrees_of_freedom=freedom,
        interval=student_interval(center, widened_error, freedom, level),
        pvalue=student_pvalue(center, widened_error, freedom),
        reason=None,
        center=center,
        widened_error=widened_error,
    )


def interval_at(scope: Scope, estimate: float, confidence_level: float) -> Interval | None:
    """Return a scope's interval at another level, cut to -1 .. 1.

    None where there is no standard error.
    """
    if scope.standard_error is None or scope.degrees_of_freedom is None:
        return None
    center, error = estimate, scope.standard_error
    if scope.center is not None and scope.widened_error is not None:
        center, error = scope.center, scope.widened_error
    return student_interval(center, error, scope.degrees_of_freedom, confidence_level)


def margin_interval_at(scope: Scope, estimate: float, confidence_level: float) -> Interval | None:
    """Return the interval whose ends are held against a margin: it allows for skewness.

    None where there is no standard error.
    """
    error, freedom = scope.widened_error, scope.degrees_of_freedom
    if scope.skewness is None or scope.center is None or error is None or freedom is None:
        return interval_at(scope, estimate, confidence_level)
    return skewed_interval(scope.center, error, freedom, scope.skewness, confidence_level)
