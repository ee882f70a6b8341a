"""Rules of one pair on one task, fixed before looking.

A blocking check comes first (invalid), then the weight of the evidence. Subsets never decide. The
rules know what was measured and nothing about why a model changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from evalsuite.records.comparison import BudgetRow, GraderRow
from evalsuite.records.recipe import SEEDS_TO_JUDGE
from evalsuite.records.verdict import Verdict
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.verdict.evidence import (
    Evidence,
    check_policy,
    could_have_shown,
    decide_table,
    weigh,
)
from evalsuite.verdict.headline import pair_headline
from evalsuite.verdict.narrow import narrowed
from evalsuite.verdict.qualifiers import qualifiers_of
from evalsuite.verdict.remarks import remarks_of

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison, Interval
    from evalsuite.records.verdict import Decision, Policy

__all__ = ["rules_of_pair", "with_verdict"]

Row = TypeVar("Row", BudgetRow, GraderRow)


def rules_of_pair(comparison: Comparison, policy: Policy) -> Verdict:
    """Decide what one pair on one task shows."""
    check_policy(policy)
    decision = narrowed(comparison, policy, _decide(comparison, policy))
    qualifiers = qualifiers_of(comparison, policy, decision)
    return Verdict(
        decision=decision,
        qualifiers=qualifiers,
        headline="",
        statements=pair_headline(comparison, policy, decision, qualifiers),
        remarks=remarks_of(comparison, policy, qualifiers),
        scope=_scope(comparison.seeds.training),
        policy=policy,
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


def _decide(comparison: Comparison, policy: Policy) -> Decision:
    # checks come first: no weight of evidence helps where the difference is not the models'
    if any(check.level == "blocking" for check in comparison.checks):
        return "invalid"
    adjusted = policy.adjusted_pvalue
    evidence = Evidence(
        direction=comparison.gain.estimate,
        established=comparison.mcnemar.exact if adjusted is None else adjusted,
        suggestive=comparison.mcnemar.mid_p,
        inside=_equivalence_interval(comparison, policy),
        could_have_shown=_had_a_chance(comparison, policy),
    )
    return weigh(evidence, policy)


def _decide_row(row: BudgetRow | GraderRow, comparison: Comparison, policy: Policy) -> Decision:
    """Decide another row by itself, as the headline is decided but without a family."""
    if comparison.seeds.samples == 1:
        counts = row.table if isinstance(row, GraderRow) else row
        return decide_table(counts.losses, counts.gains, counts.n, policy)
    evidence = Evidence(
        direction=row.gain,
        established=row.exact,
        suggestive=row.exact,
        inside=row.interval,
        could_have_shown=_had_a_chance(comparison, policy),
    )
    return weigh(evidence, policy)


def _equivalence_interval(comparison: Comparison, policy: Policy) -> Interval:
    if comparison.gain.method != "tango":  # clustered, or valid at every look: no 90% one at hand
        return comparison.gain.interval
    table = comparison.table
    return tango_interval(table.losses, table.gains, table.n, 1 - 2 * policy.alpha)


def _had_a_chance(comparison: Comparison, policy: Policy) -> bool:
    samples = comparison.seeds.samples
    if samples > 1:
        return could_have_shown(comparison.table.n // samples, policy.alpha)
    return could_have_shown(comparison.table.discordant, policy.alpha)


def _scope(training_seeds: int | None) -> str:
    if training_seeds is None or training_seeds < 2:
        return "checkpoint"
    return "recipe" if training_seeds >= SEEDS_TO_JUDGE else "checkpoints"
