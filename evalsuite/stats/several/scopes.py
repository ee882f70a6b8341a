"""Scopes of one mean gain: the same number has a wider interval for a wider claim.

Holds the Student t interval and p-value of one claim. `Scope` stays a record because
``results.json`` is read back into it.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from scipy.special import stdtr, stdtrit

from evalsuite.records.comparison import Interval
from evalsuite.records.recipe import Scope

__all__ = ["interval_at", "scope_of", "undefined_scope"]


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
    bare = Scope(
        target=target,
        standard_error=error,
        degrees_of_freedom=freedom,
        interval=None,
        pvalue=max(2 * float(stdtr(freedom, -abs(mean) / error)), sys.float_info.min),
        reason=None,
    )
    return replace(bare, interval=interval_at(bare, mean, level))


def interval_at(scope: Scope, estimate: float, confidence_level: float) -> Interval | None:
    """Give a scope's interval at another level, cut to -1 .. 1.

    None where there is no standard error.
    """
    if scope.standard_error is None or scope.degrees_of_freedom is None:
        return None
    half = float(stdtrit(scope.degrees_of_freedom, (1 + confidence_level) / 2))
    half *= scope.standard_error
    return Interval(low=max(-1.0, estimate - half), high=min(1.0, estimate + half))
