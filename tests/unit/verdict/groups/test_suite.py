"""Rules of a suite: what tasks and their mean show together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from suite_builders import Counts, plain_part, suite_of_counts, suite_of_parts

from evalsuite.records.verdict import Check, Policy
from evalsuite.stats import holm
from evalsuite.verdict.groups.suite import adjusted_mean

UP, DOWN, LEVEL, WIDE = (5, 60, 300), (60, 5, 300), (10, 10, 300), (10, 14, 300)
FEW = (2, 2, 60)


@pytest.mark.parametrize(
    ("tables", "decision", "key"),
    [
        ((UP, UP, LEVEL), "improved", "suite.better"),
        ((DOWN, DOWN, LEVEL), "regressed", "suite.worse"),
        ((UP, DOWN, LEVEL), "mixed", "suite.both"),
        ((UP, UP, UP, (30, 5, 300)), "mixed", "suite.both"),
        ((WIDE, LEVEL, WIDE), "inconclusive", "suite.inconclusive"),
        ((FEW, FEW, FEW), "powerless", "suite.powerless"),
        (((30, 30, 9000), (31, 30, 9000)), "equivalent", "suite.equivalent"),
        (((0, 1, 20), (1, 1, 30)), "powerless", "suite.powerless"),
        (((8, 18, 300),) * 5, "improved", "suite.mean_better"),
        (((18, 8, 300),) * 5, "regressed", "suite.mean_worse"),
        (((10, 19, 300), (11, 18, 300)), "suggestive", "suite.suggestive"),
        ((*((8, 18, 300),) * 9, (12, 1, 3000)), "mixed", "suite.mean_above_tasks"),
        ((*((18, 8, 300),) * 9, (1, 12, 3000)), "mixed", "suite.mean_below_tasks"),
    ],
)
def test_the_decision_follows_from_tasks_and_mean(
    tables: tuple[Counts, ...], decision: str, key: str
) -> None:
    verdict = suite_of_counts(tables).verdict

    assert verdict is not None
    assert (verdict.decision, verdict.statements[0].key) == (decision, key)


def test_tasks_and_mean_are_one_family_by_holm() -> None:
    record = suite_of_counts((UP, WIDE, LEVEL))

    exact = [part.mcnemar.exact for part in record.parts]
    adjusted = holm([record.suite.mean.exact, *exact])
    assert record.suite.mean.adjusted == adjusted[0] == adjusted_mean(record.parts, record.suite)
    policies = [part.verdict.policy for part in record.parts if part.verdict]
    assert [policy.adjusted_pvalue for policy in policies] == list(adjusted[1:])
    assert {policy.family for policy in policies} == {4}
    assert [row.task for row in record.parts[0].family] == ["adding", "taking", "sharing"]


def test_a_task_that_alone_would_be_shown_may_not_be_among_many() -> None:
    alone, rest = (2, 11, 300), [LEVEL] * 9
    assert plain_part(alone, "adding").mcnemar.exact < 0.05

    record = suite_of_counts([alone, *rest])

    assert record.verdict is not None
    assert record.verdict.decision == "inconclusive"


def test_a_better_task_without_an_established_mean_is_told_so() -> None:
    verdict = suite_of_counts((UP, (40, 20, 300), WIDE, (45, 30, 300))).verdict

    assert verdict is not None
    assert verdict.decision == "improved"
    assert "mean_open" in verdict.qualifiers
    assert "uneven" in verdict.qualifiers
    assert [remark.code for remark in verdict.remarks] == list(verdict.qualifiers)


def test_a_task_in_form_only_counts_for_nothing_and_takes_the_mean_with_it() -> None:
    plain = suite_of_counts((UP, UP, UP))
    form = [
        replace(part, verdict=replace(part.verdict, decision="form_only"))
        for part in plain.parts
        if part.verdict
    ]
    from evalsuite.verdict.judge import judge

    verdict = judge(replace(plain, comparisons=tuple(form)), Policy())

    assert verdict.decision == "suggestive"
    assert verdict.statements[0].key == "suite.suggestive_taken_back"
    assert "taken_back" in {remark.code for remark in verdict.remarks}


def test_one_task_that_cannot_be_compared_makes_the_suite_no_comparison() -> None:
    blocking = Check(code="EVS001", level="blocking", title="", detail="other questions")
    parts = [plain_part(UP, "adding"), replace(plain_part(UP, "taking"), checks=(blocking,))]

    verdict = suite_of_parts(parts).verdict

    assert verdict is not None
    assert verdict.decision == "invalid"
    assert verdict.statements[0].values["task"] == "taking"
    assert verdict.qualifiers == ()


def test_tasks_left_out_are_told() -> None:
    record = suite_of_counts((UP, LEVEL), base_only=("gsm8k",))

    assert record.verdict is not None
    assert "tasks_missing" in record.verdict.qualifiers


def test_swapping_the_models_turns_the_decision() -> None:
    turned = [(gains, losses, n) for losses, gains, n in (UP, WIDE, LEVEL)]
    there, back = suite_of_counts((UP, WIDE, LEVEL)), suite_of_counts(turned)

    assert there.verdict is not None
    assert back.verdict is not None
    assert (there.verdict.decision, back.verdict.decision) == ("improved", "regressed")
    assert back.suite.mean.gain == -there.suite.mean.gain
    assert back.suite.mean.exact == pytest.approx(there.suite.mean.exact)
