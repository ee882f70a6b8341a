from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import checked, run
from suite_builders import suite_of_counts

from evalsuite.comparing.compare import Design
from evalsuite.comparing.gain import clusters_of
from evalsuite.comparing.summary import compare_table
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval, Table
from evalsuite.records.verdict import Check, Policy
from evalsuite.reporting.telling import in_english, told_gate
from evalsuite.reporting.wording import words
from evalsuite.stats import cluster_difference
from evalsuite.verdict.gate import GateRules, check_gate
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def judged(losses: int, gains: int, neither: int = 20) -> Comparison:
    base = run([RIGHT] * losses + [WRONG] * (gains + neither))
    trained = run([WRONG] * losses + [RIGHT] * gains + [WRONG] * neither)
    found = checked(base, trained, Design())
    return in_english(with_verdict(found, Policy()))


def test_an_improvement_passes_and_its_opposite_does_not() -> None:
    assert check_gate(judged(0, 20), GateRules()).state == "met"
    assert check_gate(judged(20, 0), GateRules()).state == "not_met"


def test_data_that_cannot_tell_are_undecided_not_failed() -> None:
    assert check_gate(judged(3, 5), GateRules()).state == "undecided"


def test_a_failed_rule_outranks_an_undecided_one() -> None:
    rules = GateRules(max_loss_rate=0.01)

    assert check_gate(judged(3, 5), rules).state == "not_met"


def test_the_loss_rate_counts_questions_that_got_worse_not_pairs_of_answers() -> None:
    found = judged(8, 30)
    clustered = cluster_difference([[0, 1]] * 50, [[1, 1]] * 46 + [[0, 0]] * 4)
    sampled = replace(found, gain=replace(found.gain, clusters=clusters_of(clustered)))
    rules = GateRules(require=(found.verdict.decision,) if found.verdict else ())

    for limit, state in ((0.08, "met"), (0.07, "not_met")):
        assert check_gate(sampled, replace(rules, max_loss_rate=limit)).state == state


def test_a_forbidden_qualifier_fails_an_improvement() -> None:
    rules = GateRules(forbid=("one_checkpoint",))

    assert check_gate(judged(0, 20), rules).state == "not_met"


def test_truncation_over_the_limit_fails_and_unknown_truncation_is_undecided() -> None:
    rules = GateRules(max_truncation=0.0)
    found = judged(0, 20)
    unknown = replace(found, trained=replace(found.trained, truncated=None))
    cut = replace(found, trained=replace(found.trained, truncated=1))

    assert check_gate(found, rules).state == "met"
    assert check_gate(cut, rules).state == "not_met"
    assert check_gate(unknown, rules).state == "undecided"


def test_a_comparison_without_verdict_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no verdict"):
        check_gate(replace(judged(0, 20), verdict=None), GateRules())


def table(both: int, losses: int, gains: int, neither: int) -> Comparison:
    cells = Table(both=both, losses=losses, gains=gains, neither=neither)
    return in_english(with_verdict(compare_table(cells), Policy()))


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ((500, 70, 85, 664), "met"),  # -0.4 to +2.7: undecided, and not worse by 2 points
        ((222, 64, 293, 740), "met"),  # a gain is no loss
        ((258, 171, 132, 758), "undecided"),  # a loss: by 2 points or less, it is not known
        ((222, 293, 64, 740), "not_met"),  # a loss of 17 points
        ((10, 6, 10, 24), "undecided"),
    ],
)
def test_not_being_worse_by_the_margin_is_a_goal(
    cells: tuple[int, int, int, int], state: str
) -> None:
    assert check_gate(table(*cells), GateRules(require=("non_inferior",))).state == state


def test_the_bound_is_named_beside_the_headline() -> None:
    rules = GateRules(require=("non_inferior",))
    outcome = check_gate(table(500, 70, 85, 664), rules)

    said = {lang: told_gate(outcome, words(lang)).rules[0].detail for lang in ("en", "zh")}

    bound = " Lower bound of the gain: -0.4 points (one-sided, 95%); the margin is 2."
    assert said["en"].endswith(bound)
    assert said["zh"].endswith("提升的下界：-0.4 个百分点（单侧，95%）；界限为 2 个百分点。")
    assert outcome.rules[0].detail == ""


def test_looks_take_the_bound_from_the_interval_they_have() -> None:
    comparison = table(500, 70, 85, 664)
    gain = replace(
        comparison.gain, method="confidence-sequence", interval=Interval(low=-0.021, high=0.05)
    )
    wide = with_verdict(replace(comparison, gain=gain), Policy())
    tight = replace(gain, interval=Interval(low=-0.019, high=0.05))
    narrow = with_verdict(replace(comparison, gain=tight), Policy())
    rules = GateRules(require=("non_inferior",))

    assert check_gate(wide, rules).state == "undecided"
    assert check_gate(narrow, rules).state == "met"


def test_not_worse_can_be_asked_for_besides_what_is_required() -> None:
    worse = check_gate(judged(20, 0), GateRules(require=("regressed",), non_inferior=True))
    better = check_gate(judged(0, 20), GateRules(non_inferior=True))

    assert [rule.state for rule in worse.rules] == ["met", "not_met"]
    assert worse.state == "not_met"
    assert [rule.state for rule in better.rules] == ["met", "met"]


def test_runs_that_cannot_be_compared_are_not_shown_to_be_no_worse() -> None:
    comparison = table(500, 70, 85, 664)
    block = Check(code="EVS002", level="blocking", title="t", detail="d")
    invalid = with_verdict(replace(comparison, checks=(block,)), Policy())

    assert check_gate(invalid, GateRules(require=("non_inferior",))).state == "not_met"


def test_a_small_real_gain_is_equivalent_as_well() -> None:
    comparison = table(600, 2, 15, 702)
    assert comparison.verdict is not None
    assert comparison.verdict.decision == "improved"

    assert check_gate(comparison, GateRules(require=("equivalent",))).state == "met"


UP, LEVEL, DOWN = (5, 60, 300), (10, 10, 300), (60, 5, 300)


def test_a_suite_is_held_to_its_own_decision_and_to_no_task_regressed() -> None:
    good, mixed = suite_of_counts((UP, LEVEL)), suite_of_counts((UP, DOWN))
    rules = GateRules(require=(), forbid=("regressed",))

    assert check_gate(good, GateRules()).state == "met"
    assert check_gate(good, rules).state == "met"
    assert check_gate(mixed, rules).state == "not_met"
    (told,) = told_gate(check_gate(mixed, rules), words("en")).rules
    assert told.detail == "decided regressed on taking"


def test_a_limit_is_held_against_the_largest_share_of_all_tasks() -> None:
    suite = suite_of_counts(((5, 60, 300), (30, 60, 300)))  # broken: 5 and 30 of 300

    for limit, state in ((0.05, "not_met"), (0.1, "met")):
        outcome = check_gate(suite, GateRules(require=(), max_loss_rate=limit))
        (told,) = told_gate(outcome, words("en")).rules
        assert told.state == state
        assert told.detail == "0.1000 of the questions, the largest share of 2 tasks"


def test_a_suite_is_non_inferior_where_every_task_is() -> None:
    rules = GateRules(require=("non_inferior",))
    large = [(30, 40, 9000), (30, 90, 9000)]

    assert check_gate(suite_of_counts(large), rules).state == "met"
    assert check_gate(suite_of_counts([*large, LEVEL]), rules).state == "undecided"
    assert check_gate(suite_of_counts([*large, DOWN]), rules).state == "not_met"


def test_a_task_has_rules_of_its_own() -> None:
    suite = suite_of_counts((UP, LEVEL))
    tasks = {"taking": GateRules(require=("equivalent",)), "nowhere": GateRules()}

    result = check_gate(suite, GateRules(), tasks)

    assert [(rule.rule, rule.state) for rule in result.rules] == [
        ("require improved", "met"),
        ("taking: require equivalent", "undecided"),
    ]


def test_a_decision_can_be_forbidden_of_one_pair() -> None:
    rules = GateRules(require=(), forbid=("regressed", "mixed"))

    assert check_gate(judged(20, 0), rules).state == "not_met"
    assert check_gate(judged(3, 5), rules).state == "met"
