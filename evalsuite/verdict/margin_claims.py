"""Margin claims: what may be said of one pair's gain and the margin that was set before looking.

Equivalence needs both ends of the interval inside the margin, non-inferiority the lower one. No
test of a difference is known here: a gain can be real and inside the margin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import Interval
from evalsuite.records.verdict import MarginClaims
from evalsuite.stats.paired.margins import equivalence, non_inferiority, t_widened
from evalsuite.verdict.evidence import margin_interval

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison, Table
    from evalsuite.records.verdict import Policy

__all__ = ["margin_claims", "one_sided"]


def margin_claims(comparison: Comparison, policy: Policy) -> MarginClaims:
    """Hold the gain against the margin, at the policy's alpha and for its family.

    Where answers are clustered or were looked at early, the interval that is shown decides, widened
    by Student's quantiles where alpha or a family asks for more than its level.
    """
    if comparison.gain.method != "tango":
        return _by_interval(comparison, policy)
    return _by_table(comparison.table, policy)


def one_sided(
    interval: Interval, estimate: float, level: float, questions: int, share: float
) -> tuple[Interval, float]:
    """Give an interval over questions, with its level, whose ends are bounds at ``share``.

    The interval itself where its level is high enough: a narrower one would claim more.
    """
    needed = 1 - 2 * share
    if needed <= level:
        return interval, level
    return t_widened(interval, estimate, level, needed, questions - 1), needed


def _by_interval(comparison: Comparison, policy: Policy) -> MarginClaims:
    interval, level = _bounds(comparison, policy.alpha / policy.family)
    return MarginClaims(
        low=interval.low,
        high=interval.high,
        confidence_level=level,
        is_equivalent=interval.is_inside(policy.margin),
        is_non_inferior=-policy.margin < interval.low,
    )


def _bounds(comparison: Comparison, share: float) -> tuple[Interval, float]:
    """Give the interval whose ends are bounds at ``share``, with its level."""
    gain = comparison.gain
    if gain.clusters is not None:
        level = 1 - 2 * share
        return margin_interval(gain.clusters, level), level
    # files from before the widened interval hold Student's plain one, which is too narrow to bound
    if gain.method == "cluster-t":
        return Interval(low=-1.0, high=1.0), gain.confidence_level
    n = comparison.n_questions
    return one_sided(gain.interval, gain.estimate, gain.confidence_level, n, share)


def _by_table(table: Table, policy: Policy) -> MarginClaims:
    counts = (table.both, table.losses, table.gains, table.neither)
    same = equivalence(*counts, margin=policy.margin, alpha=policy.alpha)
    not_worse = non_inferiority(*counts, margin=policy.margin, alpha=policy.alpha)
    adjusted = {
        "same": _adjusted(same.pvalue, policy.adjusted_equivalence, policy.family),
        "not_worse": _adjusted(not_worse.pvalue, policy.adjusted_non_inferiority, policy.family),
    }
    return MarginClaims(
        low=same.low,
        high=same.high,
        confidence_level=same.confidence_level,
        is_equivalent=same.is_equivalent and adjusted["same"] <= policy.alpha,
        is_non_inferior=not_worse.is_non_inferior and adjusted["not_worse"] <= policy.alpha,
        equivalence=same.pvalue,
        non_inferiority=not_worse.pvalue,
    )


def _adjusted(pvalue: float, holm_adjusted: float | None, family: int) -> float:
    """Take Bonferroni's where Holm's is not at hand: it is never too lenient."""
    return min(1.0, family * pvalue) if holm_adjusted is None else holm_adjusted
