"""Families: comparisons declared together, with Holm over all of them.

Trained models against one base always are; budgets and graders where they were declared.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from evalsuite.records.comparison import FamilyRow
from evalsuite.records.verdict import SCOPE_ONLY, Remark, Statement, Verdict
from evalsuite.stats.paired.multiplicity import holm
from evalsuite.verdict.evidence import deciding_pvalue
from evalsuite.verdict.headline import family_headline
from evalsuite.verdict.margin_claims import margin_claims
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import BudgetRow, Comparison, GraderRow
    from evalsuite.records.groups.family import Family
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = ["is_doubtful", "judge_together", "remarks_of_family", "rules_of_family"]


def judge_together(
    comparisons: Sequence[Comparison], policy: Policy, *, beside: Sequence[float] = ()
) -> tuple[Comparison, ...]:
    """Judge every member of a family, with Holm over all of them; a model alone is judged alone.

    The policy's ``family`` may exceed the comparisons at hand, when more were declared than run;
    budgets and graders count where they are ``declared``, and so do further p-values ``beside``
    them, such as that of a mean over tasks. Subsets of one run are no family. The
    improved and regressed verdicts hold at once with chance 1 - alpha, so do the equivalent ones,
    and so do those of not being worse; nothing else is adjusted.
    """
    rows = [row for comparison in comparisons for row in _declared_rows(comparison, policy)]
    policy = replace(policy, family=max(policy.family, len(comparisons) + len(rows) + len(beside)))
    if policy.family == 1:
        return tuple(with_verdict(comparison, policy) for comparison in comparisons)
    exact = [*map(_pvalue, comparisons), *map(_row_pvalue, rows), *beside]
    adjusted = iter(_adjusted(exact, policy))
    policies = _policies(comparisons, policy, tuple(islice(adjusted, len(comparisons))))
    members = [_with_adjusted_rows(comparison, policy, adjusted) for comparison in comparisons]
    judged = tuple(map(with_verdict, members, policies))
    if len(judged) == 1:
        return judged
    table = _rows(judged)
    return tuple(replace(member, family=table) for member in judged)


def _pvalue(comparison: Comparison) -> float:
    return deciding_pvalue(comparison.mcnemar.exact, comparison.gain.clusters)


def _row_pvalue(row: BudgetRow | GraderRow) -> float:
    return deciding_pvalue(row.exact, row.clusters)


def rules_of_family(family: Family, policy: Policy) -> Verdict:
    """Say what a judged family shows together: it adds no test to those of its members."""
    sizes = [c.verdict.policy.family for c in family.comparisons if c.verdict]
    policy = replace(policy, family=max(policy.family, len(family.comparisons), *sizes))
    qualifiers = _qualifiers(family)
    return Verdict(
        decision=_decision(family),
        qualifiers=qualifiers,
        remarks=remarks_of_family(family, qualifiers),
        headline="",
        statements=family_headline(family, policy),
        scope="checkpoint",
        policy=policy,
    )


def _adjusted(pvalues: Sequence[float], policy: Policy) -> tuple[float, ...]:
    """Adjust by Holm; what was declared and is not at hand counts as p = 1, never too lenient."""
    return holm([*pvalues, *[1.0] * (policy.family - len(pvalues))])


def _policies(
    comparisons: Sequence[Comparison], policy: Policy, exact: Sequence[float]
) -> tuple[Policy, ...]:
    """Give every member its own adjusted p-values, of all three claims."""
    claims = [margin_claims(comparison, policy) for comparison in comparisons]
    same = _adjusted([_known(claim.equivalence) for claim in claims], policy)
    not_worse = _adjusted([_known(claim.non_inferiority) for claim in claims], policy)
    return tuple(
        replace(
            policy,
            adjusted_pvalue=exact[i],
            adjusted_equivalence=None if claim.equivalence is None else same[i],
            adjusted_non_inferiority=None if claim.non_inferiority is None else not_worse[i],
        )
        for i, claim in enumerate(claims)
    )


def _known(pvalue: float | None) -> float:
    return 1.0 if pvalue is None else pvalue


def _declared_rows(comparison: Comparison, policy: Policy) -> list[BudgetRow | GraderRow]:
    """List what counts beside the headline, budgets first."""
    budgets = [row for row in comparison.budgets if _counts_budget(row, comparison, policy)]
    graders = [
        row for name, row in comparison.graders.items() if _counts_grader(name, comparison, policy)
    ]
    return [*budgets, *graders]


def _counts_budget(row: BudgetRow, comparison: Comparison, policy: Policy) -> bool:
    return "budgets" in policy.declared and row.max_new_tokens != comparison.headline_budget


def _counts_grader(name: str, comparison: Comparison, policy: Policy) -> bool:
    return "graders" in policy.declared and name != comparison.decides


def _with_adjusted_rows(
    comparison: Comparison, policy: Policy, adjusted: Iterator[float]
) -> Comparison:
    """Give every declared row the next adjusted p-value, in the order of `_declared_rows`."""
    budgets = tuple(
        replace(row, adjusted=next(adjusted)) if _counts_budget(row, comparison, policy) else row
        for row in comparison.budgets
    )
    graders = {
        name: replace(row, adjusted=next(adjusted))
        if _counts_grader(name, comparison, policy)
        else row
        for name, row in comparison.graders.items()
    }
    return replace(comparison, budgets=budgets, graders=graders)


def remarks_of_family(family: Family, qualifiers: Sequence[Qualifier]) -> tuple[Remark, ...]:
    """Warn of picking the best, count the verdicts with doubts, and say what is not compared."""
    verdicts = [c.verdict for c in family.comparisons if c.verdict]
    values = {"k": sum(map(is_doubtful, verdicts)), "n": len(family.comparisons)}
    return tuple(
        Remark(code=code, statement=Statement(key=f"models.{code}", values=values))
        for code in qualifiers
    )


def is_doubtful(verdict: Verdict) -> bool:
    """Return whether a verdict has a qualifier that casts doubt on it."""
    return bool(set(verdict.qualifiers) - SCOPE_ONLY)


def _rows(judged: Sequence[Comparison]) -> tuple[FamilyRow, ...]:
    """List every member; by task as well where it is not the model that tells them apart."""
    is_by_task = len({member.task for member in judged}) > 1
    return tuple(_row(member, member.task if is_by_task else None) for member in judged)


def _row(member: Comparison, task: str | None) -> FamilyRow:
    verdict = member.verdict
    return FamilyRow(
        trained=member.trained.name,
        decision=verdict.decision if verdict else "inconclusive",
        gain=member.gain.estimate,
        interval=member.gain.interval,
        exact=member.mcnemar.exact,
        adjusted=verdict.policy.adjusted_pvalue if verdict else None,
        task=task,
    )


def _decision(family: Family) -> Decision:
    decisions = Counter(c.verdict.decision for c in family.comparisons if c.verdict)
    return next(iter(decisions)) if len(decisions) == 1 else "mixed"


def _qualifiers(family: Family) -> tuple[Qualifier, ...]:
    verdicts = [c.verdict for c in family.comparisons if c.verdict]
    holds: dict[Qualifier, bool] = {
        "picked": any(v.decision == "improved" for v in verdicts),
        "doubtful": any(map(is_doubtful, verdicts)),
        "between": True,
    }
    return tuple(name for name, is_true in holds.items() if is_true)
