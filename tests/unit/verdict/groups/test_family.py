"""Families: what Holm is taken over, which claims it adjusts, and what was declared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import (
    BudgetRow,
    BudgetSide,
    Comparison,
    GraderRow,
    Interval,
    Seeds,
    Table,
)
from evalsuite.records.verdict import Check, Policy, Verdict
from evalsuite.stats import equivalence, holm, mcnemar
from evalsuite.verdict.groups.family import judge_together

CELLS = (258, 132, 171, 758)
WIDE = Interval(low=-0.5, high=0.5)


def of(both: int, losses: int, gains: int, neither: int) -> Comparison:
    table = Table(both=both, losses=losses, gains=gains, neither=neither)
    return replace(compare_table(table), headline_budget=512)


def budget(tokens: int, losses: int, gains: int, n: int = 1319) -> BudgetRow:
    side = BudgetSide(accuracy=0.5, truncated=0, right_although_truncated=0)
    return BudgetRow(
        max_new_tokens=tokens, n=n, base=side, trained=side, losses=losses, gains=gains,
        gain=(gains - losses) / n, interval=WIDE, exact=mcnemar(losses, gains).pvalue,
    )  # fmt: skip


def grader(losses: int, gains: int, n: int = 1319) -> GraderRow:
    table = Table(both=0, losses=losses, gains=gains, neither=n - losses - gains)
    return GraderRow(
        base=0.5, trained=0.5, table=table, gain=(gains - losses) / n, interval=WIDE,
        exact=mcnemar(losses, gains).pvalue, version="1",
    )  # fmt: skip


def with_rows() -> Comparison:
    return replace(
        of(*CELLS),
        budgets=(budget(200, 24, 319), budget(512, 132, 171)),
        graders={"strict": grader(132, 171), "flexible": grader(140, 175)},
    )


def verdict_of(comparison: Comparison) -> Verdict:
    assert comparison.verdict is not None
    return comparison.verdict


def test_equivalence_is_adjusted_over_the_family() -> None:
    cells = [(350, 26, 27, 316), (600, 5, 6, 708), (400, 90, 92, 737)]
    judged = judge_together([of(*table) for table in cells], Policy())

    expected = holm([equivalence(*table, margin=0.02).pvalue for table in cells])
    policies = [verdict_of(comparison).policy for comparison in judged]
    assert [policy.adjusted_equivalence for policy in policies] == pytest.approx(list(expected))
    decisions = [verdict_of(comparison).decision for comparison in judged]
    assert decisions == ["inconclusive", "equivalent", "inconclusive"]


def test_declared_budgets_and_graders_are_judged_with_the_headline() -> None:
    policy = Policy(declared=("budgets", "graders"))
    (judged,) = judge_together([with_rows()], policy)

    expected = holm([mcnemar(*pair).pvalue for pair in ((132, 171), (24, 319), (140, 175))])
    assert verdict_of(judged).policy.family == 3
    adjusted = [verdict_of(judged).policy.adjusted_pvalue, judged.budgets[0].adjusted]
    adjusted.append(judged.graders["flexible"].adjusted)
    assert adjusted == pytest.approx(list(expected))
    assert (judged.budgets[1].adjusted, judged.graders["strict"].adjusted) == (None, None)
    assert verdict_of(judged).decision == "suggestive"  # .029 alone, .058 among three
    assert (judged.budgets[0].decision, judged.graders["flexible"].decision) == (
        "improved",
        "suggestive",
    )


def test_the_grader_that_decides_is_the_headline_itself_and_no_further_claim() -> None:
    logged = replace(
        with_rows(),
        decides="exact_match",
        graders={"exact_match": grader(132, 171), "flexible": grader(140, 175)},
    )

    (judged,) = judge_together([logged], Policy(declared=("graders",)))

    assert verdict_of(judged).policy.family == 2
    assert judged.graders["exact_match"].adjusted is None
    assert judged.graders["flexible"].adjusted is not None


def test_without_a_declaration_rows_do_not_count() -> None:
    (judged,) = judge_together([with_rows()], Policy())

    assert verdict_of(judged).policy.family == 1
    assert verdict_of(judged).decision == "improved"
    assert judged.budgets[0].adjusted is None


def test_rows_of_every_model_count_in_one_family() -> None:
    policy = Policy(declared=("budgets",))
    judged = judge_together([with_rows(), with_rows()], policy)

    assert {verdict_of(comparison).policy.family for comparison in judged} == {4}
    assert len(judged[0].family) == 2


def test_declared_rows_keep_their_own_dependence_apart_from_the_family() -> None:
    """A row that says the same as the headline is no dependence because it was adjusted."""
    comparison = replace(with_rows(), budgets=(budget(300, 132, 171), budget(512, 132, 171)))
    (judged,) = judge_together([comparison], Policy(declared=("budgets",)))

    assert "budget_dependent" not in verdict_of(judged).qualifiers


def test_declared_rows_of_several_samples_need_a_wider_interval_to_be_equivalent() -> None:
    seeds = Seeds(root=0, subsets=(), subset_size=0, training=None, samples=2)
    inside = Interval(low=-0.0195, high=0.0195)
    row = replace(budget(200, 20, 20), gain=0.0, interval=inside)
    comparison = of(*CELLS)
    clustered = replace(
        comparison,
        seeds=seeds,
        gain=replace(comparison.gain, method="cluster-t"),
        budgets=(row, budget(512, 132, 171)),
    )
    (alone,) = judge_together([clustered], Policy())
    (declared,) = judge_together([clustered], Policy(declared=("budgets",), family=4))

    assert alone.budgets[0].decision == "equivalent"
    assert declared.budgets[0].decision == "inconclusive"


def test_an_invalid_comparison_claims_nothing_about_the_margin() -> None:
    block = Check(code="EVS002", level="blocking", title="t", detail="d")
    (judged,) = judge_together([replace(of(*CELLS), checks=(block,))], Policy())

    assert verdict_of(judged).margin is None
