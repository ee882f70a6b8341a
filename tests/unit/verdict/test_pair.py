"""The verdict's rules: decisions, qualifiers, families, scope."""

from dataclasses import replace
from typing import Any

import pytest
from verdict_builders import of, seeds

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import (
    CauseCount,
    CauseCounts,
    Comparison,
    Interval,
    Truncation,
)
from evalsuite.records.verdict import Check, Policy, Verdict
from evalsuite.verdict.evidence import could_have_shown, decide_table
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.judge import judge

POLICY = Policy()


def part(losses: int, gains: int, n: int) -> CauseCount:
    return CauseCount(
        losses=losses, gains=gains, gain=(gains - losses) / n, interval=Interval(low=-1, high=1)
    )


def made_of(
    n: int, finished: tuple[int, int], formatted: tuple[int, int], exact: float, rest: float = 0.1
) -> CauseCounts:
    """Attribute a gain; ``exact`` is the p-value without the finished part."""
    return CauseCounts(
        finished=part(*finished, n),
        formatted=part(*formatted, n),
        reasoned=part(0, 0, n),
        without_finished=replace(part(0, 0, n), gain=rest),
        without_finished_exact=exact,
    )


@pytest.mark.parametrize(
    ("table", "decision"),
    [
        ((222, 64, 293, 740), "improved"),
        ((222, 293, 64, 740), "regressed"),
        ((59, 6, 16, 80), "suggestive"),
        ((59, 16, 6, 80), "suggestive"),
        ((600, 5, 6, 708), "equivalent"),
        ((1319, 0, 0, 0), "equivalent"),
        ((1, 0, 1, 3), "powerless"),
        ((0, 1, 2, 2), "powerless"),
        ((2, 0, 0, 3), "powerless"),
        ((10, 1, 0, 9), "powerless"),
        ((8, 3, 2, 7), "powerless"),
        ((5, 6, 5, 4), "inconclusive"),
        ((100, 20, 28, 52), "inconclusive"),
        ((100, 24, 24, 52), "inconclusive"),
    ],
)
def test_decision_follows_the_first_rule_that_matches(
    table: tuple[int, int, int, int], decision: str
) -> None:
    assert judge(of(*table), POLICY).decision == decision


def test_tutorial_pairings_are_powerless_up_to_five_differences_then_inconclusive() -> None:
    """55% -> 50% on 20 questions, in all ten ways it can come about."""
    decisions = [
        judge(of(10 - gains, gains + 1, gains, 9 - gains), POLICY).decision for gains in range(10)
    ]

    assert decisions == ["powerless"] * 3 + ["inconclusive"] * 7


def test_a_blocking_check_is_invalid_whatever_the_numbers() -> None:
    block = Check(code="EVS002", level="blocking", title="Same prompts", detail="no.")
    found = judge(of(222, 64, 293, 740, checks=(block,)), POLICY)

    assert found.decision == "invalid"
    assert found.qualifiers == ()


@pytest.mark.parametrize("level", ["warning", "passed", "not_applicable"])
def test_other_checks_change_no_decision(level: Any) -> None:
    check = Check(code="EVS010", level=level, title="t", detail="d")

    assert judge(of(222, 64, 293, 740, checks=(check,)), POLICY).decision == "improved"


def test_the_adjusted_pvalue_decides_in_a_family() -> None:
    comparison = of(258, 132, 171, 758)  # exact p = .029

    assert judge(comparison, POLICY).decision == "improved"
    in_family = replace(POLICY, family=3, adjusted_pvalue=0.087)
    assert judge(comparison, in_family).decision == "suggestive"


def test_a_family_without_adjusted_pvalue_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="adjusted_pvalue is missing"):
        judge(of(222, 64, 293, 740), replace(POLICY, family=3))


def judged_together(comparisons: list[Comparison], policy: Policy) -> list[Verdict]:
    verdicts = [comparison.verdict for comparison in judge_together(comparisons, policy)]
    return [verdict for verdict in verdicts if verdict is not None]


def test_judged_together_the_same_result_counts_less() -> None:
    same = of(258, 132, 171, 758)
    verdicts = judged_together([same, same, of(222, 64, 293, 740)], POLICY)

    assert [verdict.decision for verdict in verdicts] == ["suggestive", "suggestive", "improved"]
    assert verdicts[0].policy.family == 3
    assert verdicts[0].policy.adjusted_pvalue == pytest.approx(2 * same.mcnemar.exact)


def test_declared_but_missing_comparisons_count_as_found_nothing() -> None:
    (verdict,) = judged_together([of(258, 132, 171, 758)], replace(POLICY, family=4))

    assert verdict.policy.adjusted_pvalue == pytest.approx(4 * 0.02889, rel=1e-3)
    assert verdict.decision == "suggestive"


@pytest.mark.parametrize(
    "policy",
    [
        Policy(alpha=0),
        Policy(alpha=0.5),
        Policy(margin=0),
        Policy(margin=2),
        Policy(family=0),
        Policy(confidence_level=95),
        Policy(adjusted_pvalue=1.5),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused(policy: Policy) -> None:
    with pytest.raises(InvalidInputError):
        judge(of(1, 1, 1, 1), policy)


def test_a_wider_margin_can_make_equal_what_a_narrow_one_leaves_open() -> None:
    comparison = of(100, 20, 28, 52)

    assert judge(comparison, replace(POLICY, margin=0.15)).decision == "equivalent"


def test_six_questions_one_way_are_the_fewest_that_could_have_shown() -> None:
    assert [m for m in range(12) if could_have_shown(m, 0.05)] == list(range(6, 12))
    assert not could_have_shown(0, 0.9)


def test_small_means_established_but_perhaps_within_the_margin() -> None:
    assert "small" in judge(of(258, 132, 171, 758), POLICY).qualifiers
    assert "small" in judge(of(258, 171, 132, 758), POLICY).qualifiers
    assert "small" not in judge(of(222, 64, 293, 740), POLICY).qualifiers
    assert "small" not in judge(of(222, 293, 64, 740), POLICY).qualifiers
    assert "small" not in judge(of(5, 6, 5, 4), POLICY).qualifiers


def test_bounds_that_straddle_zero_dominate_an_established_gain() -> None:
    def cut(low: float, high: float) -> Truncation:
        return Truncation(base=9, trained=9, table=None, bounds=Interval(low=low, high=high))

    straddling = of(222, 64, 293, 740, truncation=cut(-0.1, 0.4))
    assert "truncation_dominated" in judge(straddling, POLICY).qualifiers
    clear = of(222, 64, 293, 740, truncation=cut(0.01, 0.4))
    assert "truncation_dominated" not in judge(clear, POLICY).qualifiers
    nothing = of(5, 6, 5, 4, truncation=cut(-0.1, 0.4))
    assert "truncation_dominated" not in judge(nothing, POLICY).qualifiers


def test_half_of_the_gain_or_more_is_mostly() -> None:
    """229 questions net: 115 are at least half of them, 114 are not."""
    for net, holds in ((115, True), (114, False)):
        cut = judge(
            of(222, 64, 293, 740, attribution=made_of(1319, (5, 5 + net), (0, 0), 0.001)), POLICY
        )
        form = judge(
            of(222, 64, 293, 740, attribution=made_of(1319, (0, 0), (5, 5 + net), 0.001)), POLICY
        )

        assert ("mostly_truncation" in cut.qualifiers) is holds
        assert ("mostly_format" in form.qualifiers) is holds
        assert "mostly_format" not in cut.qualifiers


def test_a_part_that_works_against_the_gain_is_no_part_of_it() -> None:
    attribution = made_of(1319, (300, 10), (0, 0), 0.001)
    found = judge(of(222, 64, 293, 740, attribution=attribution), POLICY)

    assert "mostly_truncation" not in found.qualifiers


def test_mostly_holds_for_losses_too_and_for_no_undecided_gain() -> None:
    loss = of(222, 293, 64, 740, attribution=made_of(1319, (200, 5), (0, 0), 0.001, -0.1))
    assert "mostly_truncation" in judge(loss, POLICY).qualifiers
    open_ = of(100, 20, 28, 52, attribution=made_of(200, (0, 8), (0, 0), 1.0))
    assert "mostly_truncation" not in judge(open_, POLICY).qualifiers


@pytest.mark.parametrize(
    ("training", "scope", "one"),
    [(None, "checkpoint", True), (1, "checkpoint", True), (2, "checkpoints", False),
     (4, "checkpoints", False), (5, "recipe", False)],
)  # fmt: skip
def test_scope_grows_with_the_training_seeds(training: Any, scope: str, one: bool) -> None:
    found = judge(of(222, 64, 293, 740, seeds=seeds(training=training)), POLICY)

    assert found.scope == scope
    assert ("one_checkpoint" in found.qualifiers) is one


def test_several_samples_a_question_are_judged_by_questions_not_rows() -> None:
    """Rows are not independent: margin and reach then come from the clustered interval."""
    rows = of(600, 5, 6, 709)
    assert judge(rows, POLICY).decision == "equivalent"
    clustered = replace(
        rows,
        seeds=seeds(samples=4),
        gain=replace(rows.gain, interval=Interval(low=-0.03, high=0.03), method="cluster-t"),
    )
    assert judge(clustered, POLICY).decision == "inconclusive"
    few = replace(of(10, 0, 2, 8), seeds=seeds(samples=4))
    assert judge(few, POLICY).decision == "powerless"


def test_a_run_stopped_early_is_judged_by_what_holds_at_every_look() -> None:
    """The fixed-size interval and test of the same table would be more lenient."""
    early = of(600, 5, 6, 709)
    assert judge(early, POLICY).decision == "equivalent"
    wider = replace(
        early.gain, interval=Interval(low=-0.03, high=0.03), method="confidence-sequence"
    )
    assert judge(replace(early, gain=wider), POLICY).decision == "inconclusive"


def test_a_table_alone_is_decided_as_its_comparison_is() -> None:
    for table in ((222, 64, 293, 740), (59, 6, 16, 80), (1, 0, 1, 3), (600, 5, 6, 708)):
        losses, gains, n = table[1], table[2], sum(table)

        assert decide_table(losses, gains, n, POLICY) == judge(of(*table), POLICY).decision


def test_equivalence_takes_the_90_percent_interval_not_the_95() -> None:
    """Two one-sided tests at 5% each; the 95% interval of this table reaches beyond the margin."""
    table = (350, 26, 27, 316)
    comparison = of(*table)

    assert comparison.gain.interval.high > POLICY.margin
    assert judge(comparison, POLICY).decision == "equivalent"
    assert decide_table(table[1], table[2], sum(table), POLICY) == "equivalent"


def test_judging_changes_nothing_and_repeats() -> None:
    comparison = of(222, 64, 293, 740)
    before = replace(comparison)

    assert judge(comparison, POLICY) == judge(comparison, POLICY)
    assert comparison == before


def test_an_earlier_verdict_is_ignored() -> None:
    comparison = of(222, 64, 293, 740)
    stale = replace(judge(of(5, 6, 5, 4), POLICY), headline="stale")

    assert judge(replace(comparison, verdict=stale), POLICY).decision == "improved"
