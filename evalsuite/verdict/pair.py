"""Rules of one pair on one task, fixed before looking.

A blocking check comes first (invalid), then the weight of the evidence. Subsets never decide. The
rules know what was measured and nothing about why a model changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from evalsuite.records.comparison import BudgetRow, GraderRow
from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.records.verdict import Verdict
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.verdict.evidence import (
    Evidence,
    check_policy,
    cluster_evidence,
    could_have_shown,
    decide_table,
    weigh,
)
from evalsuite.verdict.headline import pair_headline
from evalsuite.verdict.margin_claims import margin_claims, one_sided
from evalsuite.verdict.qualifiers import narrowed, qualifiers_of
from evalsuite.verdict.remarks import remarks_of

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.verdict import Decision, MarginClaims, Policy, VerdictScope

__all__ = ["rules_of_pair", "with_verdict"]

Row = TypeVar("Row", BudgetRow, GraderRow)


def rules_of_pair(comparison: Comparison, policy: Policy) -> Verdict:
    """Decide what one pair on one task shows."""
    check_policy(policy)
    claims = margin_claims(comparison, policy)
    decision = narrowed(comparison, policy, _decide(comparison, policy, claims))
    qualifiers = qualifiers_of(comparison, policy, decision)
    return Verdict(
        decision=decision,
        qualifiers=qualifiers,
        headline="",
        statements=pair_headline(comparison, policy, decision, qualifiers, claims),
        remarks=remarks_of(comparison, policy, qualifiers),
        scope=_scope(comparison.seeds.training),
        policy=policy,
        margin=None if decision == "invalid" else claims,
    )


def with_verdict(comparison: Comparison, policy: Policy) -> Comparison:
    """Put the verdict into a comparison, and every row's own decision into its row."""
    return replace(
        comparison,
        budgets=tuple(_decided(row, comparison, policy) for row in comparison.budgets),
        graders={n: _decided(row, comparison, policy) for n, row in comparison.graders.items()},
        verdict=rules_of_pair(comparison, policy),
    )


def _decided(row: Row, comparison: Comparison, policy: Policy) -> Row:
    return replace(row, decision=_decide_row(row, comparison, policy))


def _decide(comparison: Comparison, policy: Policy, claims: MarginClaims) -> Decision:
    # checks come first: no weight of evidence helps where the difference is not the models'
    if comparison.is_blocked:
        return "invalid"
    adjusted, clusters = policy.adjusted_pvalue, comparison.gain.clusters
    if clusters is not None:
        gain, exact = comparison.gain.estimate, comparison.mcnemar.exact
        return weigh(cluster_evidence(gain, exact, clusters, policy, adjusted=adjusted), policy)
    evidence = Evidence(
        direction=comparison.gain.estimate,
        established=comparison.mcnemar.exact if adjusted is None else adjusted,
        excludes_zero=_excludes_zero(comparison, policy),
        is_inside=claims.is_equivalent,
        could_have_shown=_had_a_chance(comparison, policy),
    )
    return weigh(evidence, policy)


def _decide_row(row: BudgetRow | GraderRow, comparison: Comparison, policy: Policy) -> Decision:
    """Decide another row as the headline is decided, in a family only where it was declared."""
    # after looks a row's own p-value and interval allow for them, and its counts would not
    if row.clusters is not None:
        evidence = cluster_evidence(
            row.gain, row.exact, row.clusters, policy, adjusted=row.adjusted
        )
        return weigh(evidence, policy)
    if comparison.seeds.samples == 1 and comparison.stopped_early is None:
        counts = row.table if isinstance(row, GraderRow) else row
        return decide_table(counts.losses, counts.gains, counts.n, policy, adjusted=row.adjusted)
    share = policy.alpha if row.adjusted is None else policy.alpha / policy.family
    n = comparison.n_questions
    interval, _ = one_sided(row.interval, row.gain, policy.confidence_level, n, share)
    evidence = Evidence(
        direction=row.gain,
        established=row.exact if row.adjusted is None else row.adjusted,
        excludes_zero=row.exact <= policy.alpha,
        is_inside=interval.is_inside(policy.margin),
        could_have_shown=_had_a_chance(comparison, policy),
    )
    return weigh(evidence, policy)


def _excludes_zero(comparison: Comparison, policy: Policy) -> bool:
    """Ask the interval of level 1 - alpha, whatever level is shown."""
    if comparison.gain.method != "tango":  # clustered, or valid at every look: the test has both
        return comparison.mcnemar.exact <= policy.alpha
    table = comparison.table
    return tango_interval(table.losses, table.gains, table.n, 1 - policy.alpha).excludes_zero


def _had_a_chance(comparison: Comparison, policy: Policy) -> bool:
    if comparison.seeds.samples > 1:
        return could_have_shown(comparison.n_questions, policy.alpha)
    return could_have_shown(comparison.table.discordant, policy.alpha)


def _scope(training_seeds: int | None) -> VerdictScope:
    if training_seeds is None or training_seeds < 2:
        return "checkpoint"
    return "recipe" if training_seeds >= SEEDS_TO_JUDGE else "checkpoints"
