"""Evidence and its weight: the rules that every kind of comparison decides by.

First match wins: test and interval both reject equality (improved, regressed), one of them does
(suggestive), the gain is inside the margin (equivalent), no outcome could have reached alpha
(powerless), none of these (inconclusive). So no decision contradicts the interval beside it. With
several samples a question the test is the sign-flip test and the interval the widened one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import ESTABLISHED
from evalsuite.stats.arguments import check_count, check_fraction, check_level, check_probability
from evalsuite.stats.paired.margins import equivalence
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.several.widened import skewed_interval, student_interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.records.comparison import Interval
    from evalsuite.records.gains import Clusters, HeadlineSet
    from evalsuite.records.verdict import Check, Decision, Policy, Statement

__all__ = [
    "PARTIAL_SETS",
    "UNDECIDED",
    "Evidence",
    "blocking_reason",
    "check_policy",
    "cluster_evidence",
    "cluster_interval",
    "could_have_shown",
    "decide_table",
    "deciding_pvalue",
    "differ",
    "is_small",
    "margin_interval",
    "weigh",
]

PARTIAL_SETS: tuple[HeadlineSet, ...] = ("first", "subset", "union", "part")
"""Headline sets that are a part of the split, by the asker's own choice."""
UNDECIDED = ("inconclusive", "powerless")
"""Both mean "can't tell"; moving between them is no change of decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a decision rests on."""

    direction: float
    established: float
    """The p-value that establishes: exact, or of the sign-flip test; adjusted for the family."""
    excludes_zero: bool
    """Whether the interval of level 1 - alpha does."""
    is_inside: bool
    """Whether two one-sided tests at alpha put the gain inside the margin, for the family."""
    could_have_shown: bool


def weigh(evidence: Evidence, policy: Policy) -> Decision:
    """Decide; never ``invalid``, which checks decide."""
    rejects = evidence.direction != 0 and evidence.established <= policy.alpha
    # A difference comes before equivalence: inside the margin it is real all the same, and *small*.
    # For one table and alpha from .001 on, the exact test never rejects where Tango's interval
    # holds 0, so asking for both costs no gain; below that it keeps words and interval together.
    if rejects and evidence.excludes_zero:
        return "improved" if evidence.direction > 0 else "regressed"
    # the interval errs a little more often than alpha on some tables, and so may one of two tests
    # alone: that suggests, and rules out "no"
    if rejects or evidence.excludes_zero:
        return "suggestive"
    if evidence.is_inside:
        return "equivalent"
    return "inconclusive" if evidence.could_have_shown else "powerless"


def decide_table(
    losses: int, gains: int, n: int, policy: Policy, *, adjusted: float | None = None
) -> Decision:
    """Decide from counts alone: what a budget or grader would say by itself.

    ``adjusted`` is its Holm-adjusted p-value where it was declared as one of the policy's family;
    equivalence then takes Bonferroni's correction.

    Examples
    --------
    >>> from evalsuite.records.verdict import Policy
    >>> [decide_table(*table, Policy()) for table in ((0, 1, 5), (6, 16, 161), (64, 293, 1319))]
    ['powerless', 'suggestive', 'improved']
    """
    counts = (n - losses - gains, losses, gains, 0)
    share = policy.alpha if adjusted is None else policy.alpha / policy.family
    evidence = Evidence(
        direction=gains - losses,
        established=mcnemar(losses, gains).pvalue if adjusted is None else adjusted,
        excludes_zero=tango_interval(losses, gains, n, 1 - policy.alpha).excludes_zero,
        is_inside=equivalence(*counts, margin=policy.margin, alpha=share).is_equivalent,
        could_have_shown=could_have_shown(losses + gains, policy.alpha),
    )
    return weigh(evidence, policy)


def cluster_evidence(
    gain: float, exact: float, clusters: Clusters, policy: Policy, *, adjusted: float | None = None
) -> Evidence:
    """Weigh several samples a question: ``exact`` is the sign-flip p-value.

    The sign-flip test alone rejects too often where a few questions move far one way and many a
    little the other way; the widened interval alone is an approximation. ``adjusted`` is the
    p-value for the family, of both tests.
    """
    share = policy.alpha if adjusted is None else policy.alpha / policy.family
    return Evidence(
        direction=gain,
        established=exact if adjusted is None else adjusted,
        excludes_zero=clusters.pvalue <= policy.alpha,
        is_inside=margin_interval(clusters, 1 - 2 * share).is_inside(policy.margin),
        could_have_shown=could_have_shown(clusters.changed, policy.alpha),
    )


def cluster_interval(clusters: Clusters, level: float) -> Interval:
    """Give the widened interval of a gain over questions at any level."""
    span = (clusters.center, clusters.standard_error, clusters.degrees_of_freedom)
    return student_interval(*span, level)


def margin_interval(clusters: Clusters, level: float) -> Interval:
    """Give the interval whose ends are held against a margin: it allows for skewness."""
    if clusters.skewness is None:
        return cluster_interval(clusters, level)
    span = (clusters.center, clusters.standard_error, clusters.degrees_of_freedom)
    return skewed_interval(*span, clusters.skewness, level)


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
            "family is {family}, but adjusted_pvalue is missing; judge the comparisons together, "
            "or pass this one's Holm-adjusted p-value",
            family=policy.family,
        )
