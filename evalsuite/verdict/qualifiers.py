"""Qualifiers of a decision: which hold, so that it is not read as more than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.verdict.evidence import ESTABLISHED, differ, is_small

if TYPE_CHECKING:
    from evalsuite.records.comparison import Attribution, Comparison, Part
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = ["compares_itself", "qualifiers_of"]


def qualifiers_of(
    comparison: Comparison,
    policy: Policy,
    decision: Decision,
    dependent: tuple[Qualifier, ...],
) -> tuple[Qualifier, ...]:
    """List the qualifiers of a decision, in a fixed order; none for ``invalid``.

    ``dependent`` holds ``budget_dependent`` and ``grader_dependent`` where they hold.
    """
    if decision == "invalid":
        return ()
    holds: dict[Qualifier, bool] = {
        "small": is_small(comparison.gain.interval, policy, decision),
        "truncation_dominated": _is_truncation_dominated(comparison, policy, decision),
        "mostly_truncation": _is_mostly(comparison, decision, "finished"),
        "mostly_format": _is_mostly(comparison, decision, "formatted"),
        "budget_dependent": "budget_dependent" in dependent,
        "grader_dependent": "grader_dependent" in dependent,
        "prompts_differ": bool(comparison.changed_prompts),
        "seed_sensitive": _is_seed_sensitive(comparison),
        "one_checkpoint": (comparison.seeds.training or 1) == 1 and not compares_itself(comparison),
    }
    return tuple(name for name, is_true in holds.items() if is_true)


def compares_itself(comparison: Comparison) -> bool:
    """Say whether both sides are the same weights and agree on every question: an A/A control."""
    return comparison.same_weights is True and comparison.table.discordant == 0


def _is_truncation_dominated(comparison: Comparison, policy: Policy, decision: Decision) -> bool:
    if decision not in ESTABLISHED:
        return False
    bounds = comparison.truncation.bounds
    if bounds is not None and bounds.low <= 0 <= bounds.high:
        return True
    attribution = comparison.attribution
    return attribution is not None and _vanishes(attribution, comparison.gain.estimate, policy)


def _vanishes(attribution: Attribution, gain: float, policy: Policy) -> bool:
    """Whether the gain is no longer established once the *finished* part is taken out."""
    remainder, pvalue = attribution.without_finished, attribution.without_finished_exact
    if remainder is None or pvalue is None:
        return False
    return pvalue > policy.alpha or remainder.gain * gain <= 0


def _is_mostly(comparison: Comparison, decision: Decision, part: str) -> bool:
    """Whether a part is at least half of a gain that is established or suggestive."""
    attribution = comparison.attribution
    if attribution is None or decision not in (*ESTABLISHED, "suggestive"):
        return False
    share: Part = attribution.finished if part == "finished" else attribution.formatted
    total = comparison.table.gains - comparison.table.losses
    moved = share.gains - share.losses
    # in whole numbers, so that exactly half counts whatever the rounding
    return total != 0 and 2 * moved * total >= total * total


def _is_seed_sensitive(comparison: Comparison) -> bool:
    decisions = comparison.seeds.decisions_by_sample
    return any(differ(decision, decisions[0]) for decision in decisions)
