"""The verdict: what a comparison allows one to say, by rules fixed before looking.

First match wins: a blocking check (invalid), the exact test (improved, regressed), the mid-p test
(suggestive), two one-sided score tests (equivalent), no outcome that could have reached alpha
(powerless), the rest (inconclusive). Subsets never decide. The verdict knows what was measured
and nothing about why a model changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import GraderRow, Verdict
from evalsuite.stats.arguments import check_count, check_fraction, check_level, check_probability
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.multiplicity import holm
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.verdict.headline import headline_sentence
from evalsuite.verdict.qualifiers import differ, qualifiers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import (
        BudgetRow,
        Comparison,
        Decision,
        Interval,
        Policy,
        Qualifier,
    )

__all__ = ["could_have_shown", "decide_table", "judge", "judge_together"]


def judge(comparison: Comparison, policy: Policy) -> Verdict:
    """Decide what the comparison shows.

    Parameters
    ----------
    comparison
        Numbers only; its own ``verdict``, if any, is ignored.
    policy
        Alpha, margin and family, set before looking. With a family above 1 it carries this
        comparison's Holm-adjusted p-value; ``judge_together`` fills it in.

    Returns
    -------
    Verdict
        Decision, qualifiers, the one sentence every output shows, and the scope of the claim:
        ``checkpoint``, ``checkpoints`` (2 to 4 training seeds) or ``recipe`` (5 or more).

    Raises
    ------
    InvalidInputError
        For a policy that breaks a rule, and for a family without an adjusted p-value.
    """
    _check_policy(policy)
    decision = _decide(comparison, policy)
    alone = _decide_alone(comparison, policy)
    dependent = tuple(
        name
        for name, rows in _other_rows(comparison)
        if any(differ(_decide_row(row, comparison, policy), alone) for row in rows)
    )
    verdict = Verdict(
        decision=decision,
        qualifiers=qualifiers_of(comparison, policy, decision, dependent),
        headline="",
        scope=_scope(comparison.seeds.training),
        policy=policy,
    )
    return replace(verdict, headline=headline_sentence(replace(comparison, verdict=verdict)))


def judge_together(comparisons: Sequence[Comparison], policy: Policy) -> tuple[Verdict, ...]:
    """Judge several comparisons that were declared together, with Holm over all of them.

    Parameters
    ----------
    comparisons
        Several trained models, budgets or graders; subsets of one run are no family.
    policy
        Its ``family`` may exceed the comparisons at hand, when more were declared than run;
        the missing ones count as p = 1, which is never too lenient.

    Returns
    -------
    tuple of Verdict
        In the order given; every statement holds at once with chance 1 - alpha.

    Raises
    ------
    InvalidInputError
        For no comparison and for a policy that breaks a rule.
    """
    family = max(policy.family, len(comparisons))
    missing = [1.0] * (family - len(comparisons))
    adjusted = holm([*(comparison.mcnemar.exact for comparison in comparisons), *missing])
    return tuple(
        judge(comparison, replace(policy, family=family, adjusted_pvalue=pvalue))
        for comparison, pvalue in zip(comparisons, adjusted, strict=False)
    )


def decide_table(losses: int, gains: int, n: int, policy: Policy) -> Decision:
    """Decide from counts alone, without a family: what a budget or grader would say by itself.

    Parameters
    ----------
    losses, gains, n
        Questions only base, only trained answered correctly; all questions.
    policy
        Alpha and margin.

    Returns
    -------
    Decision
        Never ``invalid``.

    Examples
    --------
    >>> from evalsuite.records.comparison import Policy
    >>> [decide_table(*table, Policy()) for table in ((0, 1, 5), (6, 16, 161), (64, 293, 1319))]
    ['powerless', 'suggestive', 'improved']
    """
    evidence = _Evidence(
        direction=gains - losses,
        established=mcnemar(losses, gains).pvalue,
        suggestive=mcnemar(losses, gains, method="mid-p").pvalue,
        inside=tango_interval(losses, gains, n, 1 - 2 * policy.alpha),
        could_have_shown=could_have_shown(losses + gains, policy.alpha),
    )
    return _weigh(evidence, policy)


def could_have_shown(discordant: int, alpha: float) -> bool:
    """Say whether any split of this many discordant questions reaches alpha in the exact test.

    Parameters
    ----------
    discordant
        Questions on which the models differ.
    alpha
        Two-sided level.

    Returns
    -------
    bool
        All going one way gives p = 2^(1 - m), so alpha = .05 needs six.

    Examples
    --------
    >>> could_have_shown(5, 0.05), could_have_shown(6, 0.05)
    (False, True)
    """
    return discordant > 0 and 2.0 ** (1 - discordant) <= alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    direction: float
    established: float
    """The p-value that establishes: exact, adjusted for the family."""
    suggestive: float
    """The mid-p value."""
    inside: Interval
    """The interval that must lie inside the margin for equivalence."""
    could_have_shown: bool


def _decide(comparison: Comparison, policy: Policy) -> Decision:
    if any(check.level == "blocking" for check in comparison.checks):
        return "invalid"
    adjusted = policy.adjusted_pvalue
    evidence = _Evidence(
        direction=comparison.gain.estimate,
        established=comparison.mcnemar.exact if adjusted is None else adjusted,
        suggestive=comparison.mcnemar.mid_p,
        inside=_equivalence_interval(comparison, policy),
        could_have_shown=_had_a_chance(comparison, policy),
    )
    return _weigh(evidence, policy)


def _other_rows(
    comparison: Comparison,
) -> tuple[tuple[Qualifier, Sequence[BudgetRow | GraderRow]], ...]:
    """List what else was declared: the other budgets, and every grader."""
    headline = comparison.headline_budget
    others = [row for row in comparison.budgets if row.max_new_tokens != headline]
    return ("budget_dependent", others), ("grader_dependent", list(comparison.graders.values()))


def _decide_row(row: BudgetRow | GraderRow, comparison: Comparison, policy: Policy) -> Decision:
    """Decide another row by itself, as the headline is decided but without a family."""
    if comparison.seeds.samples == 1:
        counts = row.table if isinstance(row, GraderRow) else row
        return decide_table(counts.losses, counts.gains, counts.n, policy)
    evidence = _Evidence(
        direction=row.gain,
        established=row.exact,
        suggestive=row.exact,
        inside=row.interval,
        could_have_shown=_had_a_chance(comparison, policy),
    )
    return _weigh(evidence, policy)


def _weigh(evidence: _Evidence, policy: Policy) -> Decision:
    if evidence.direction and evidence.established <= policy.alpha:
        return "improved" if evidence.direction > 0 else "regressed"
    if evidence.suggestive <= policy.alpha:
        return "suggestive"
    if -policy.margin < evidence.inside.low and evidence.inside.high < policy.margin:
        return "equivalent"
    return "inconclusive" if evidence.could_have_shown else "powerless"


def _decide_alone(comparison: Comparison, policy: Policy) -> Decision:
    """Decide the headline as the other rows are decided: one fixed look, no family."""
    if comparison.seeds.samples == 1:
        table = comparison.table
        return decide_table(table.losses, table.gains, table.n, policy)
    return _decide(comparison, replace(policy, family=1, adjusted_pvalue=None))


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


def _check_policy(policy: Policy) -> None:
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


def _scope(training_seeds: int | None) -> str:
    if training_seeds is None or training_seeds < 2:
        return "checkpoint"
    return "recipe" if training_seeds >= 5 else "checkpoints"
