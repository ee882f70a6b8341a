"""Rules of a suite: on which tasks a gain is established, and whether their mean is.

Every task and the mean are one family by Holm, so "better on these", "worse on those" and "the mean
is above 0" hold at once. A gain or loss of the suite is any of these claims.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.records.verdict import ESTABLISHED, NARROWED, Remark, Statement, Verdict
from evalsuite.stats.paired.multiplicity import holm
from evalsuite.verdict.evidence import deciding_pvalue
from evalsuite.verdict.groups.family import is_doubtful, judge_together
from evalsuite.verdict.groups.suite_headline import suite_headline
from evalsuite.verdict.margin_claims import margin_claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.suite import MeanGain, Suite, SuiteComparison
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = ["adjusted_mean", "judge_tasks", "mean_decision", "mean_sign", "rules_of_suite"]


def judge_tasks(
    comparisons: Sequence[Comparison], suite: Suite, policy: Policy
) -> tuple[tuple[Comparison, ...], Suite]:
    """Judge every task, and adjust the mean, with Holm over all of them and the mean."""
    judged = judge_together(comparisons, policy, beside=(suite.mean.exact,))
    mean = replace(suite.mean, adjusted=adjusted_mean(comparisons, suite))
    decision = mean_decision(mean, mean_sign(judged, mean, policy), policy)
    return judged, replace(suite, mean=replace(mean, decision=decision))


def adjusted_mean(comparisons: Sequence[Comparison], suite: Suite) -> float:
    """Adjust the mean's p-value by Holm, beside those of the tasks."""
    tasks = (deciding_pvalue(c.mcnemar.exact, c.gain.clusters) for c in comparisons)
    return holm([suite.mean.exact, *tasks])[0]


def mean_decision(mean: MeanGain, sign: int, policy: Policy) -> Decision:
    """Say in a word what the mean alone shows."""
    if sign:
        return "improved" if sign == 1 else "regressed"
    return "suggestive" if mean.exact <= policy.alpha else "inconclusive"


def rules_of_suite(comparison: SuiteComparison, policy: Policy) -> Verdict:
    """Decide what one pair shows over its tasks."""
    policy = replace(policy, family=max(policy.family, len(comparison.parts) + 1))
    sign = mean_sign(comparison.parts, comparison.suite.mean, policy)
    decision = _decision(comparison, policy, sign)
    qualifiers = tuple(_qualifiers(comparison, policy, decision, sign))
    return Verdict(
        decision=decision,
        qualifiers=qualifiers,
        headline="",
        statements=suite_headline(comparison, policy, decision, sign),
        remarks=tuple(_remarks(comparison, decision, qualifiers)),
        scope="checkpoint",
        policy=policy,
    )


def mean_sign(parts: Sequence[Comparison], mean: MeanGain, policy: Policy) -> int:
    """Say whether a gain (1) or a loss (-1) of the mean is established, or none."""
    if _taken_back(parts):
        return 0
    if mean.adjusted is None or mean.adjusted > policy.alpha:
        return 0
    return 1 if mean.gain > 0 else -1


def _taken_back(parts: Sequence[Comparison]) -> int:
    """Count the tasks whose gain may be all form or budget: the mean counts it as any other."""
    return sum(word in NARROWED for word in _decisions(parts))


def _decisions(parts: Sequence[Comparison]) -> list[str]:
    return [part.verdict.decision if part.verdict else "none" for part in parts]


def _decision(comparison: SuiteComparison, policy: Policy, sign: int) -> Decision:
    decisions = _decisions(comparison.parts)
    if "invalid" in decisions:
        return "invalid"
    is_higher = "improved" in decisions or sign == 1
    is_lower = "regressed" in decisions or sign == -1
    if is_higher or is_lower:
        return "mixed" if is_higher and is_lower else "improved" if is_higher else "regressed"
    if _is_all_equivalent(comparison):
        return "equivalent"
    if _suggests(comparison, policy):
        return "suggestive"
    return "powerless" if set(decisions) == {"powerless"} else "inconclusive"


def _is_all_equivalent(comparison: SuiteComparison) -> bool:
    """Whether every task's gain lies inside the margin, by its own claim as the family has it."""
    claims = [margin_claims(part, part.verdict.policy) for part in comparison.parts if part.verdict]
    return len(claims) == len(comparison.parts) and all(claim.is_equivalent for claim in claims)


def _suggests(comparison: SuiteComparison, policy: Policy) -> bool:
    """Whether the mean's own interval leaves out 0: shown beside "can't tell" it would mislead."""
    mean = comparison.suite.mean
    return mean.exact <= policy.alpha or mean.interval.excludes_zero


def _qualifiers(
    comparison: SuiteComparison, policy: Policy, decision: Decision, sign: int
) -> Iterator[Qualifier]:
    if decision == "invalid":
        return
    suite = comparison.suite
    if decision in ESTABLISHED and sign == 0:
        yield "mean_open"
    if suite.heterogeneity.pvalue <= policy.alpha:
        yield "uneven"
    if suite.base_only or suite.trained_only:
        yield "tasks_missing"
    verdicts = [part.verdict for part in comparison.parts if part.verdict is not None]
    if any(map(is_doubtful, verdicts)):
        yield "doubtful"
    if all("one_checkpoint" in verdict.qualifiers for verdict in verdicts):
        yield "one_checkpoint"


def _remarks(
    comparison: SuiteComparison, decision: Decision, qualifiers: Sequence[Qualifier]
) -> Iterator[Remark]:
    if decision == "invalid":
        return
    stated = {
        "mean_open": _mean_open,
        "uneven": _uneven,
        "tasks_missing": _tasks_missing,
        "doubtful": _doubtful,
        "one_checkpoint": _one_checkpoint,
    }
    for code in qualifiers:
        yield Remark(code=code, statement=stated[code](comparison))
    if _taken_back(comparison.parts) and "mean_open" not in qualifiers:
        yield Remark(code="taken_back", statement=_mean_withheld(comparison))


def _mean_open(comparison: SuiteComparison) -> Statement:
    mean = comparison.suite.mean
    if _taken_back(comparison.parts):
        return _mean_withheld(comparison)
    return Statement(key="suite.mean_open", values={"gain": mean.gain, "p": mean.adjusted})


def _mean_withheld(comparison: SuiteComparison) -> Statement:
    values = {"k": _taken_back(comparison.parts), "n": len(comparison.parts)}
    return Statement(key="suite.taken_back", values=values)


def _uneven(comparison: SuiteComparison) -> Statement:
    gains = [part.gain.estimate for part in comparison.parts]
    values = {"low": min(gains), "high": max(gains), "p": comparison.suite.heterogeneity.pvalue}
    return Statement(key="suite.uneven", values=values)


def _tasks_missing(comparison: SuiteComparison) -> Statement:
    suite = comparison.suite
    left_out = (*suite.base_only, *suite.trained_only)
    names = tuple(Statement(key="suite.task_name", values={"task": task}) for task in left_out)
    return Statement(key="suite.tasks_missing", values={"k": len(left_out), "tasks": names})


def _doubtful(comparison: SuiteComparison) -> Statement:
    verdicts = [part.verdict for part in comparison.parts if part.verdict]
    values = {"k": sum(map(is_doubtful, verdicts)), "n": len(comparison.parts)}
    return Statement(key="suite.doubtful", values=values)


def _one_checkpoint(comparison: SuiteComparison) -> Statement:  # noqa: ARG001  the signature of all
    return Statement(key="qualifier.one_checkpoint")
