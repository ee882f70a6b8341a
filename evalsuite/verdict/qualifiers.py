"""Qualifiers of a decision: which hold, so that it is not read as more than it is.

A dependence is a difference that was tested on every question, never two decisions that differ.

A decision is narrowed where the same answers, read once more by the flexible grader or at the
largest budget stored, show a gain that was shown to be smaller and is not established itself: the
gain of the headline then stands for its reading alone. That nothing remains is not shown, and not
said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from evalsuite.records.run import FLEXIBLE
from evalsuite.records.verdict import ESTABLISHED
from evalsuite.verdict.evidence import is_small

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalsuite.records.comparison import BudgetRow, Comparison, GainDifference, GraderRow
    from evalsuite.records.groups.recipe import RecipeComparison, RecipeRow
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = [
    "compares_itself",
    "is_established",
    "larger_budget",
    "may_be_finished",
    "narrowed",
    "narrowed_by_readings",
    "other_reading",
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
    decodings = (row.difference for row in comparison.decodings)
    holds: dict[Qualifier, bool] = {
        "small": is_small(comparison.gain.interval, policy, decision),
        "truncation_dominated": _is_truncation_dominated(comparison, policy, decision),
        "mostly_truncation": _is_mostly(comparison, decision, _finished(comparison)),
        "mostly_format": _is_mostly(comparison, decision, _formatted(comparison)),
        "budget_dependent": _is_any_established(comparison, budgets, policy),
        "grader_dependent": _is_any_established(comparison, graders, policy),
        "decoding_dependent": _is_any_established(comparison, decodings, policy),
        "prompts_differ": bool(comparison.changed_prompts),
        "seed_sensitive": _is_any_established(comparison, comparison.seeds.differences, policy),
        "one_checkpoint": (comparison.seeds.training or 1) == 1 and not compares_itself(comparison),
    }
    return tuple(name for name, is_true in holds.items() if is_true)


def compares_itself(comparison: Comparison) -> bool:
    """Say whether both sides are the same weights and agree on every question: an A/A control."""
    changed = comparison.table.discordant, comparison.n_changed
    return comparison.same_weights is True and changed == (0, 0)


def is_established(difference: GainDifference | None, policy: Policy) -> bool:
    """Say whether two gains were shown to differ: by the test after Holm, and by the interval."""
    # both, so that no sentence claims a difference whose interval holds 0
    if difference is None or not difference.interval.excludes_zero:
        return False
    pvalue = difference.exact if difference.adjusted is None else difference.adjusted
    return pvalue <= policy.alpha


@overload
def larger_budget(comparison: Comparison) -> BudgetRow | None: ...


@overload
def larger_budget(comparison: RecipeComparison) -> RecipeRow | None: ...


def larger_budget(comparison: Comparison | RecipeComparison) -> BudgetRow | RecipeRow | None:
    """Give the row of the largest stored budget, where it is above the headline's."""
    rows: Sequence[BudgetRow | RecipeRow] = comparison.budgets
    above = [row for row in rows if (row.max_new_tokens or 0) > (comparison.headline_budget or 0)]
    return max(above, key=lambda row: row.max_new_tokens or 0, default=None)


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
    if bounds is not None and not bounds.excludes_zero:
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
    if comparison.gain.clusters is not None:  # shares of questions are no whole ones
        # a hair below, for half of a gain may be summed otherwise than the gain
        return comparison.gain.estimate != 0 and part / comparison.gain.estimate >= 0.5 - 1e-12
    total = comparison.table.gains - comparison.table.losses
    # in whole questions, so that exactly half counts whatever the rounding
    moved = round(part * comparison.table.n)
    return total != 0 and 2 * moved * total >= total * total


def narrowed(comparison: Comparison, policy: Policy, decision: Decision) -> Decision:
    """Give ``budget_only`` or ``form_only`` in place of a gain or loss that only one reading shows.

    A run that a look stopped keeps its decision: the tests of its other readings do not hold.
    """
    return (
        decision if comparison.stopped_early else narrowed_by_readings(comparison, policy, decision)
    )


def narrowed_by_readings(
    comparison: Comparison | RecipeComparison, policy: Policy, decision: Decision
) -> Decision:
    """Give the same for a pair or the mean of a recipe's runs that no look stopped."""
    if decision not in ESTABLISHED:
        return decision
    # the budget first, as in the parts of the gain: form is looked for in whole answers
    if _is_alone(comparison, policy, larger_budget(comparison)):
        return "budget_only"
    if _is_alone(comparison, policy, comparison.graders.get(FLEXIBLE)):
        return "form_only"
    return decision


def other_reading(comparison: Comparison | RecipeComparison, decision: Decision) -> dict[str, Any]:
    """Give what the reading shows that does not confirm the headline; empty for other decisions."""
    row: BudgetRow | GraderRow | RecipeRow | None = None
    if decision == "budget_only":
        row = larger_budget(comparison)
    elif decision == "form_only":
        row = comparison.graders.get(FLEXIBLE)
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


def _is_alone(
    comparison: Comparison | RecipeComparison,
    policy: Policy,
    row: BudgetRow | GraderRow | RecipeRow | None,
) -> bool:
    """Whether a reading's gain was shown to be smaller than the headline's and is not established.

    Smaller is towards zero and beyond it, so that losses are held to the same rule.
    """
    if row is None or row.difference is None or not is_established(row.difference, policy):
        return False
    gain = comparison.gain.estimate
    is_smaller = row.difference.gain * gain < 0
    remains = row.exact <= policy.alpha and row.gain * gain > 0
    return is_smaller and not remains
