"""Headline of a suite: tasks counted, their mean, the rest, and the lowest task by its name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.records.verdict import ESTABLISHED, Statement
from evalsuite.verdict.evidence import blocking_reason
from evalsuite.verdict.headline import has_two_levels, others_counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.groups.suite import SuiteComparison
    from evalsuite.records.verdict import Decision, Policy

__all__ = ["suite_headline"]

_KEYS: dict[Decision, str] = {
    "mixed": "suite.both",
    "improved": "suite.better",
    "regressed": "suite.worse",
    "equivalent": "suite.equivalent",
    "suggestive": "suite.suggestive",
    "powerless": "suite.powerless",
    "inconclusive": "suite.inconclusive",
}


def suite_headline(
    comparison: SuiteComparison, policy: Policy, decision: Decision, mean_sign: int
) -> tuple[Statement, ...]:
    """State counts and mean, then what the other tasks were decided, then the lowest one."""
    if decision == "invalid":
        return tuple(_invalid(comparison))
    decisions = (part.verdict.decision for part in comparison.parts if part.verdict)
    counts: Counter[str] = Counter(decisions)
    higher, lower = counts["improved"], counts["regressed"]
    values = _mean_values(comparison) | {
        "higher": higher,
        "lower": lower,
        "n": len(comparison.parts),
        "margin": policy.margin,
        "family": policy.family,
    }
    key = _key(decision, higher, lower, mean_sign)
    if decision == "suggestive" and (comparison.suite.mean.adjusted or 0) <= policy.alpha:
        key = "suite.suggestive_taken_back"
    statements = [Statement(key=key, values=values)]
    if 0 < higher + lower < len(comparison.parts):
        rest = others_counted(counts, policy)
        statements.append(Statement(key="suite.rest", values={"rest": rest}))
    statements.append(_lowest(comparison, policy))
    if has_two_levels(comparison.suite.confidence_level, policy):
        statements.append(Statement(key="suite.levels", values={"alpha": policy.alpha}))
    return tuple(statements)


def _invalid(comparison: SuiteComparison) -> Iterator[Statement]:
    """Name the first task that can't be compared, and how many there are."""
    parts = [p for p in comparison.parts if p.verdict and p.verdict.decision == "invalid"]
    values: dict[str, Any] = {
        "task": parts[0].task,
        "reason": blocking_reason(parts[0].checks),
        "k": len(parts),
        "n": len(comparison.parts),
    }
    yield Statement(key="suite.invalid", values=values)


def _key(decision: Decision, higher: int, lower: int, mean_sign: int) -> str:
    if decision == "mixed" and not (higher and lower):
        return "suite.mean_above_tasks" if mean_sign == 1 else "suite.mean_below_tasks"
    if decision == "improved" and not higher:
        return "suite.mean_better"
    if decision == "regressed" and not lower:
        return "suite.mean_worse"
    return _KEYS[decision]


def _mean_values(comparison: SuiteComparison) -> dict[str, Any]:
    mean = comparison.suite.mean
    return {
        "gain": mean.gain,
        "low": mean.interval.low,
        "high": mean.interval.high,
        "level": comparison.suite.confidence_level,
    }


def _lowest(comparison: SuiteComparison, policy: Policy) -> Statement:
    """Name the lowest task; say so where its interval excludes 0 and its adjusted test does not."""
    lowest = comparison.suite.lowest
    part = comparison.parts[lowest.position]
    is_shown = part.verdict is not None and part.verdict.decision in ESTABLISHED
    is_confirmed = is_shown or not lowest.interval.excludes_zero
    values: dict[str, Any] = {
        "task": part.task,
        "gain": lowest.gain,
        "low": lowest.interval.low,
        "high": lowest.interval.high,
        "level": lowest.confidence_level,
        "n": len(comparison.parts),
        "alpha": policy.alpha,
    }
    key = "suite.lowest" if is_confirmed else "suite.lowest_unconfirmed"
    return Statement(key=key, values=values)
