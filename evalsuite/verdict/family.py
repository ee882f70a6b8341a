"""Families of trained models against one base, declared together: Holm over all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.records.comparison import FamilyRow
from evalsuite.records.statement import Statement
from evalsuite.records.verdict import SCOPE_ONLY, Remark, Verdict
from evalsuite.stats.paired.multiplicity import holm
from evalsuite.verdict.headline import family_headline
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison, Family
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = ["judge_together", "remarks_of_family", "rules_of_family"]


def judge_together(comparisons: Sequence[Comparison], policy: Policy) -> tuple[Comparison, ...]:
    """Judge every member of a family, with Holm over all of them; a model alone is judged alone.

    The policy's ``family`` may exceed the comparisons at hand, when more were declared than run.
    Subsets of one run are no family. Every statement holds at once with chance 1 - alpha.
    """
    family = max(policy.family, len(comparisons))
    if family == 1:
        return tuple(with_verdict(comparison, policy) for comparison in comparisons)
    # declared and not run counts as p = 1, which is never too lenient
    missing = [1.0] * (family - len(comparisons))
    adjusted = holm([*(comparison.mcnemar.exact for comparison in comparisons), *missing])
    members = tuple(
        with_verdict(comparison, replace(policy, family=family, adjusted_pvalue=pvalue))
        for comparison, pvalue in zip(comparisons, adjusted, strict=False)
    )
    rows = tuple(_row(member) for member in members)
    return tuple(replace(member, family=rows) for member in members)


def rules_of_family(family: Family, policy: Policy) -> Verdict:
    """Say what a judged family shows together: it adds no test to those of its members."""
    qualifiers = _qualifiers(family)
    return Verdict(
        decision=_decision(family),
        qualifiers=qualifiers,
        remarks=remarks_of_family(family, qualifiers),
        headline="",
        statements=family_headline(family, policy),
        scope="checkpoint",
        policy=replace(policy, family=max(policy.family, len(family.comparisons))),
    )


def remarks_of_family(family: Family, qualifiers: Sequence[Qualifier]) -> tuple[Remark, ...]:
    """Warn of picking the best, count the verdicts with doubts, and say what is not compared."""
    verdicts = [c.verdict for c in family.comparisons if c.verdict]
    values = {"k": sum(map(_is_doubtful, verdicts)), "n": len(family.comparisons)}
    return tuple(
        Remark(code=code, statement=Statement(key=f"models.{code}", values=values))
        for code in qualifiers
    )


def _is_doubtful(verdict: Verdict) -> bool:
    return bool(set(verdict.qualifiers) - SCOPE_ONLY)


def _row(member: Comparison) -> FamilyRow:
    verdict = member.verdict
    return FamilyRow(
        trained=member.trained.name,
        decision=verdict.decision if verdict else "inconclusive",
        gain=member.gain.estimate,
        interval=member.gain.interval,
        exact=member.mcnemar.exact,
        adjusted=verdict.policy.adjusted_pvalue if verdict else None,
    )


def _decision(family: Family) -> Decision:
    decisions = Counter(c.verdict.decision for c in family.comparisons if c.verdict)
    return next(iter(decisions)) if len(decisions) == 1 else "mixed"


def _qualifiers(family: Family) -> tuple[Qualifier, ...]:
    verdicts = [c.verdict for c in family.comparisons if c.verdict]
    holds: dict[Qualifier, bool] = {
        "picked": any(v.decision == "improved" for v in verdicts),
        "doubtful": any(map(_is_doubtful, verdicts)),
        "between": True,
    }
    return tuple(name for name, is_true in holds.items() if is_true)
