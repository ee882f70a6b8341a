"""Qualifiers of a decision: which hold, so that it is not read as more than it is.

A dependence is a difference that was tested on every question, never two decisions that differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.verdict.evidence import ESTABLISHED, is_small

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.records.comparison import BudgetRow, Comparison, GainDifference
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = [
    "compares_itself",
    "is_established",
    "larger_budget",
    "may_be_finished",
    "qualifiers_of",
]


def qualifiers_of(
    comparison: Comparison, policy: Policy, decision: Decision
) -> tuple[Qualifier, ...]:
    """List the qualifiers of a decision, in a fixed order; none for ``invalid``."""
    if decision == "invalid":
        return ()
    budgets = (row.difference for row in comparison.budgets)
    graders = (row.difference for row in comparison.graders.values())
    holds: dict[Qualifier, bool] = {
        "small": is_small(comparison.gain.interval, policy, decision),
        "truncation_dominated": _is_truncation_dominated(comparison, policy, decision),
        "mostly_truncation": _is_mostly(comparison, decision, _finished(comparison)),
        "mostly_format": _is_mostly(comparison, decision, _formatted(comparison)),
        "budget_dependent": _is_any_established(comparison, budgets, policy),
        "grader_dependent": _is_any_established(comparison, graders, policy),
        "prompts_differ": bool(comparison.changed_prompts),
        "seed_sensitive": _is_any_established(comparison, comparison.seeds.differences, policy),
        "one_checkpoint": (comparison.seeds.training or 1) == 1 and not compares_itself(comparison),
    }
    return tuple(name for name, is_true in holds.items() if is_true)


def compares_itself(comparison: Comparison) -> bool:
    """Say whether both sides are the same weights and agree on every question: an A/A control."""
    clusters = comparison.gain.clusters
    changed = comparison.table.discordant if clusters is None else clusters.changed
    return comparison.same_weights is True and comparison.table.discordant == 0 == changed


def is_established(difference: GainDifference | None, policy: Policy) -> bool:
    """Say whether two gains were shown to differ: by the test after Holm, and by the interval."""
    # both, so that no sentence claims a difference whose interval holds 0
    if difference is None or difference.interval.low <= 0 <= difference.interval.high:
        return False
    pvalue = difference.exact if difference.adjusted is None else difference.adjusted
    return pvalue <= policy.alpha


def larger_budget(comparison: Comparison) -> BudgetRow | None:
    """Give the row of the largest stored budget, where it is above the headline's."""
    if not comparison.budgets:
        return None
    largest = max(comparison.budgets, key=lambda row: row.max_new_tokens)
    return largest if largest.max_new_tokens > (comparison.headline_budget or 0) else None


def may_be_finished(comparison: Comparison) -> bool:
    """Say whether *finished* is a count of questions: no larger budget tells what became of them.

    So it is too in files from before the parts were recorded.
    """
    made_of = comparison.made_of
    return comparison.attribution is not None and (made_of is None or made_of.finished is None)


def _is_any_established(
    comparison: Comparison, differences: Iterable[GainDifference | None], policy: Policy
) -> bool:
    # the tests are of a fixed number of questions; where a look stopped the run they do not hold
    if comparison.stopped_early is not None:
        return False
    return any(is_established(difference, policy) for difference in differences)


def _is_truncation_dominated(comparison: Comparison, policy: Policy, decision: Decision) -> bool:
    if decision not in ESTABLISHED:
        return False
    bounds = comparison.truncation.bounds
    if bounds is not None and bounds.low <= 0 <= bounds.high:
        return True
    largest = larger_budget(comparison)
    if largest is None:
        return False
    return largest.exact > policy.alpha or largest.gain * comparison.gain.estimate <= 0


def _finished(comparison: Comparison) -> float | None:
    made_of, attribution = comparison.made_of, comparison.attribution
    if made_of is not None and made_of.finished is not None:
        return made_of.finished.gain
    return None if attribution is None else attribution.finished.gain


def _formatted(comparison: Comparison) -> float | None:
    made_of, attribution = comparison.made_of, comparison.attribution
    if made_of is not None:
        return None if made_of.formatted is None else made_of.formatted.gain
    return None if attribution is None else attribution.formatted.gain


def _is_mostly(comparison: Comparison, decision: Decision, part: float | None) -> bool:
    """Whether a part is at least half of a gain that is established or suggestive."""
    if part is None or decision not in (*ESTABLISHED, "suggestive"):
        return False
    if comparison.gain.method == "score-t":  # points are no whole questions
        return comparison.gain.estimate != 0 and part / comparison.gain.estimate >= 0.5
    total = comparison.table.gains - comparison.table.losses
    # in whole questions, so that exactly half counts whatever the rounding
    moved = round(part * comparison.table.n)
    return total != 0 and 2 * moved * total >= total * total
