"""Evidence and its weight: the rules that every kind of comparison decides by.

First match wins: the test that establishes (improved, regressed), the one that suggests
(suggestive), an interval wholly inside the margin (equivalent), no outcome that could have reached
alpha (powerless), none of these (inconclusive). With several samples a question the sign-flip test
and the widened interval must both reject; one of them alone suggests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.stats.arguments import check_count, check_fraction, check_level, check_probability
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.several.widened import student_interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.records.clusters import Clusters
    from evalsuite.records.comparison import Interval
    from evalsuite.records.statement import Statement
    from evalsuite.records.verdict import Check, Decision, Policy

__all__ = [
    "ESTABLISHED",
    "UNDECIDED",
    "Evidence",
    "blocking_reason",
    "check_policy",
    "cluster_evidence",
    "could_have_shown",
    "decide_table",
    "deciding_pvalue",
    "differ",
    "is_small",
    "weigh",
]

ESTABLISHED = ("improved", "regressed")
UNDECIDED = ("inconclusive", "powerless")
"""Both mean "can't tell"; moving between them is no change of decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a decision rests on."""

    direction: float
    established: float
    """The p-value that establishes: exact, adjusted for the family; with several samples a
    question, the larger one of the sign-flip test and the widened interval."""
    suggestive: float
    """The mid-p value; with several samples a question, the smaller one of those two."""
    inside: Interval
    """The interval that must lie inside the margin for equivalence.

    At level 1 - 2 alpha where a table gives it: that is two one-sided tests at alpha."""
    could_have_shown: bool


def weigh(evidence: Evidence, policy: Policy) -> Decision:
    """Decide; never ``invalid``, which checks decide."""
    # a difference comes before equivalence: one inside the margin is real all the same, and *small*
    if evidence.direction and evidence.established <= policy.alpha:
        return "improved" if evidence.direction > 0 else "regressed"
    # mid-p errs a little more often than alpha on some tables, and so may one of two tests alone:
    # that suggests, and rules out "no"
    if evidence.suggestive <= policy.alpha:
        return "suggestive"
    if -policy.margin < evidence.inside.low and evidence.inside.high < policy.margin:
        return "equivalent"
    return "inconclusive" if evidence.could_have_shown else "powerless"


def decide_table(losses: int, gains: int, n: int, policy: Policy) -> Decision:
    """Decide from counts alone, without a family: what a budget or grader would say by itself.

    Examples
    --------
    >>> from evalsuite.records.verdict import Policy
    >>> [decide_table(*table, Policy()) for table in ((0, 1, 5), (6, 16, 161), (64, 293, 1319))]
    ['powerless', 'suggestive', 'improved']
    """
    evidence = Evidence(
        direction=gains - losses,
        established=mcnemar(losses, gains).pvalue,
        suggestive=mcnemar(losses, gains, method="mid-p").pvalue,
        inside=tango_interval(losses, gains, n, 1 - 2 * policy.alpha),
        could_have_shown=could_have_shown(losses + gains, policy.alpha),
    )
    return weigh(evidence, policy)


def cluster_evidence(gain: float, exact: float, clusters: Clusters, policy: Policy) -> Evidence:
    """Weigh several samples a question: ``exact`` is the sign-flip p-value, not adjusted.

    The sign-flip test alone rejects too often where a few questions move far one way and many a
    little the other way; the widened interval alone is an approximation.
    """
    span = (clusters.center, clusters.standard_error, clusters.degrees_of_freedom)
    return Evidence(
        direction=gain,
        established=deciding_pvalue(exact, clusters),
        suggestive=min(exact, clusters.pvalue),
        inside=student_interval(*span, 1 - 2 * policy.alpha),
        could_have_shown=could_have_shown(clusters.changed, policy.alpha),
    )


def deciding_pvalue(exact: float, clusters: Clusters | None) -> float:
    """Give the p-value that decides: both tests must reject where questions have samples."""
    return exact if clusters is None else max(exact, clusters.pvalue)


def could_have_shown(discordant: int, alpha: float) -> bool:
    """Say whether any split of this many discordant questions reaches alpha in the exact test.

    Examples
    --------
    All going one way gives p = 2^(1 - m), so alpha = .05 needs six:

    >>> could_have_shown(5, 0.05), could_have_shown(6, 0.05)
    (False, True)
    """
    return discordant > 0 and 2.0 ** (1 - discordant) <= alpha


def differ(decision: str, other: str) -> bool:
    """Say whether two decisions differ, "can't tell" being one decision.

    Examples
    --------
    >>> differ("inconclusive", "powerless"), differ("improved", "suggestive")
    (False, True)
    """
    return (decision in UNDECIDED) != (other in UNDECIDED) or (
        decision not in UNDECIDED and decision != other
    )


def is_small(interval: Interval, policy: Policy, decision: Decision) -> bool:
    """Say whether an established difference is not established to be beyond the margin."""
    if decision not in ESTABLISHED:
        return False
    nearest = interval.low if decision == "improved" else -interval.high
    return nearest <= policy.margin


def blocking_reason(checks: Iterable[Check]) -> Statement | str | None:
    """Give what the first blocking check says; checks of schema 1 say it in English only."""
    reasons = (c.statement or c.detail.rstrip(".") for c in checks if c.level == "blocking")
    return next(reasons, None)


def check_policy(policy: Policy) -> None:
    """Refuse a policy that breaks a rule, or a family without this comparison's adjusted p."""
    check_level(policy.alpha, "alpha")
    check_level(1 - 2 * policy.alpha, "1 - 2 alpha")
    check_level(policy.confidence_level, "confidence_level")
    check_fraction(policy.margin, "margin")
    check_count(policy.family, "family", minimum=1)
    if policy.adjusted_pvalue is not None:
        check_probability(policy.adjusted_pvalue, "adjusted_pvalue")
    elif policy.family > 1:
        raise InvalidInputError(
            f"family is {policy.family}, but adjusted_pvalue is missing; judge the comparisons "
            "together, or pass this one's Holm-adjusted p-value"
        )
