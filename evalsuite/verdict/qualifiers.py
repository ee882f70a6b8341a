"""What must be said beside a decision, so that it is not read as more than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsuite.records.comparison import (
        Attribution,
        Comparison,
        Decision,
        Part,
        Policy,
        Qualifier,
    )

__all__ = ["compares_itself", "differ", "qualifiers_of"]

ESTABLISHED = ("improved", "regressed")
UNDECIDED = ("inconclusive", "powerless")
"""Both mean "can't tell"; moving between them is no change of decision."""


def qualifiers_of(
    comparison: Comparison,
    policy: Policy,
    decision: Decision,
    dependent: tuple[Qualifier, ...],
) -> tuple[Qualifier, ...]:
    """List the qualifiers of a decision, in a fixed order.

    Parameters
    ----------
    comparison
        The numbers.
    policy
        Alpha and margin.
    decision
        What was decided on the headline set.
    dependent
        ``budget_dependent`` and ``grader_dependent``, where they hold.

    Returns
    -------
    tuple of Qualifier
        Empty for ``invalid``.
    """
    if decision == "invalid":
        return ()
    holds: dict[Qualifier, bool] = {
        "small": _is_small(comparison, policy, decision),
        "truncation_dominated": _is_truncation_dominated(comparison, policy, decision),
        "mostly_truncation": _is_mostly(comparison, decision, "finished"),
        "mostly_format": _is_mostly(comparison, decision, "formatted"),
        "budget_dependent": "budget_dependent" in dependent,
        "grader_dependent": "grader_dependent" in dependent,
        "seed_sensitive": _is_seed_sensitive(comparison),
        "one_checkpoint": (comparison.seeds.training or 1) == 1 and not compares_itself(comparison),
    }
    return tuple(name for name, is_true in holds.items() if is_true)


def compares_itself(comparison: Comparison) -> bool:
    """Say whether both sides are the same weights and agree on every question: an A/A control.

    Parameters
    ----------
    comparison
        With its checks.

    Returns
    -------
    bool
    """
    is_same = any(
        check.code == "EVS008" and check.level == "warning" for check in comparison.checks
    )
    return is_same and comparison.table.discordant == 0


def differ(one: str, other: str) -> bool:
    """Say whether two decisions differ, "can't tell" being one decision.

    Parameters
    ----------
    one, other
        Decisions.

    Returns
    -------
    bool

    Examples
    --------
    >>> differ("inconclusive", "powerless"), differ("improved", "suggestive")
    (False, True)
    """
    return _voice(one) != _voice(other)


def _is_small(comparison: Comparison, policy: Policy, decision: Decision) -> bool:
    """Whether an established difference is not established to be beyond the margin."""
    if decision not in ESTABLISHED:
        return False
    interval = comparison.gain.interval
    nearest = interval.low if decision == "improved" else -interval.high
    return nearest <= policy.margin


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
    rest, pvalue = attribution.without_finished, attribution.without_finished_exact
    if rest is None or pvalue is None:
        return False
    return pvalue > policy.alpha or rest.gain * gain <= 0


def _is_mostly(comparison: Comparison, decision: Decision, part: str) -> bool:
    """Whether one part is at least half of a gain that is established or suggestive."""
    attribution = comparison.attribution
    if attribution is None or decision not in (*ESTABLISHED, "suggestive"):
        return False
    share: Part = attribution.finished if part == "finished" else attribution.formatted
    total = comparison.table.gains - comparison.table.losses
    moved = share.gains - share.losses
    return total != 0 and 2 * moved * total >= total * total


def _is_seed_sensitive(comparison: Comparison) -> bool:
    return len({_voice(decision) for decision in comparison.seeds.decisions_by_sample}) > 1


def _voice(decision: str) -> str:
    return "undecided" if decision in UNDECIDED else decision
