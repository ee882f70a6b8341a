"""Narrowed decisions: an established gain that is shown in form only, or within a budget only.

The same answers are read once more, by the flexible grader or at the largest budget stored. Where
that reading's gain was shown to be smaller, and is not established itself, the gain of the headline
stands for the reading alone. That nothing remains is not shown, and not said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.verdict.evidence import ESTABLISHED
from evalsuite.verdict.qualifiers import is_established, larger_budget

if TYPE_CHECKING:
    from evalsuite.records.comparison import BudgetRow, Comparison, GraderRow
    from evalsuite.records.verdict import Decision, Policy

__all__ = ["narrowed", "other_reading"]

_FURTHER = "flexible"
"""The grader that looks for the answer beyond where it is asked for."""


def narrowed(comparison: Comparison, policy: Policy, decision: Decision) -> Decision:
    """Give ``budget_only`` or ``form_only`` in place of a gain or loss that only one reading shows.

    A run that a look stopped keeps its decision: the tests of its other readings do not hold.
    """
    if decision not in ESTABLISHED or comparison.stopped_early is not None:
        return decision
    # the budget first, as in the parts of the gain: form is looked for in whole answers
    if _is_alone(comparison, policy, larger_budget(comparison)):
        return "budget_only"
    if _is_alone(comparison, policy, comparison.graders.get(_FURTHER)):
        return "form_only"
    return decision


def other_reading(comparison: Comparison, decision: Decision) -> dict[str, Any]:
    """Give what the reading shows that does not confirm the headline; empty for other decisions."""
    row: BudgetRow | GraderRow | None = None
    if decision == "budget_only":
        row = larger_budget(comparison)
    elif decision == "form_only":
        row = comparison.graders.get(_FURTHER)
    if row is None:
        return {}
    largest = larger_budget(comparison)
    return {
        "other": row.gain,
        "other_low": row.interval.low,
        "other_high": row.interval.high,
        "tokens": comparison.headline_budget,
        "other_tokens": None if largest is None else largest.max_new_tokens,
    }


def _is_alone(comparison: Comparison, policy: Policy, row: BudgetRow | GraderRow | None) -> bool:
    """Whether a reading's gain was shown to be smaller than the headline's and is not established.

    Smaller is towards zero and beyond it, so that losses are held to the same rule.
    """
    if row is None or row.difference is None or not is_established(row.difference, policy):
        return False
    gain = comparison.gain.estimate
    is_smaller = row.difference.gain * gain < 0
    remains = row.exact <= policy.alpha and row.gain * gain > 0
    return is_smaller and not remains
