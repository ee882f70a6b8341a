"""Decisions that only one reading shows: in form only, within the budget only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import checked, run
from report_builders import built, family_of
from verdict_builders import TABLE, at, difference, grader, of

from evalsuite.comparing.compare import Design
from evalsuite.records.comparison import GraderRow, StoppedEarly, Table
from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import in_english
from evalsuite.reporting.view import report_view
from evalsuite.verdict.gate import GateRules, check_gate
from evalsuite.verdict.judge import judge
from evalsuite.verdict.pair import with_verdict
from evalsuite.verdict.qualifiers import other_reading

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison

POLICY = Policy()
RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"
LATE = "many words first " + RIGHT


def flexible(gain: float, exact: float, less: float, reach: float = 0.01) -> dict[str, GraderRow]:
    row = grader(Table(both=1, losses=1, gains=1, neither=1))
    against = difference(less, reach)
    return {"flexible": replace(row, gain=gain, exact=exact, difference=against)}


@pytest.mark.parametrize(
    ("graders", "decision"),
    [
        (flexible(0.0, 1.0, -0.174), "form_only"),
        (flexible(0.02, 0.2, -0.15), "form_only"),
        (flexible(-0.1, 0.001, -0.27), "form_only"),
        (flexible(0.1, 0.001, -0.07), "improved"),
        (flexible(0.02, 0.06, -0.003, 0.004), "improved"),
        (flexible(0.3, 0.2, 0.126), "improved"),
        ({}, "improved"),
    ],
)
def test_a_gain_is_form_only_where_less_is_shown_and_no_more_is_left(
    graders: dict[str, Any], decision: str
) -> None:
    assert judge(of(*TABLE, graders=graders), POLICY).decision == decision


def test_a_loss_is_held_to_the_same_rule() -> None:
    swapped = (222, 293, 64, 740)

    assert judge(of(*swapped, graders=flexible(0.0, 1.0, 0.174)), POLICY).decision == "form_only"
    assert judge(of(*swapped, graders=flexible(-0.1, 0.001, 0.07)), POLICY).decision == "regressed"


@pytest.mark.parametrize(
    ("exact", "gain", "less", "decision"),
    [
        (0.4, 0.01, -0.16, "budget_only"),
        (0.001, 0.05, -0.12, "improved"),
        (0.4, 0.16, -0.004, "improved"),
    ],
)
def test_a_gain_is_budget_only_where_the_largest_budget_shows_none(
    exact: float, gain: float, less: float, decision: str
) -> None:
    reach = 0.01
    rows = (at(300), at(1024, difference(less, reach), exact=exact, gain=gain))
    found = judge(of(*TABLE, headline_budget=300, budgets=rows), POLICY)

    assert found.decision == decision


def test_a_smaller_budget_never_narrows_the_headline() -> None:
    rows = (at(300, difference(-0.17, 0.01), exact=1.0, gain=0.0), at(1024))

    assert judge(of(*TABLE, headline_budget=1024, budgets=rows), POLICY).decision == "improved"


def test_what_is_not_established_is_not_narrowed() -> None:
    comparison = of(100, 20, 28, 52, graders=flexible(0.0, 1.0, -0.04))

    assert judge(comparison, POLICY).decision == "inconclusive"


def test_a_run_that_a_look_stopped_keeps_its_decision() -> None:
    early = StoppedEarly(
        n=9, n_planned=99, reason="improved", saved_answers=0, pvalue=0.01, e_value=100.0
    )
    comparison = of(*TABLE, graders=flexible(0.0, 1.0, -0.174), stopped_early=early)

    assert judge(comparison, POLICY).decision == "improved"


def of_runs(base: list[str], trained: list[str], *budgets: int, headline: int) -> Comparison:
    design = Design(budgets=budgets, headline_budget=headline)
    return in_english(with_verdict(checked(run(base), run(trained), design), POLICY))


def in_form() -> Comparison:
    """Both know twenty answers; base leaves out the box of ten."""
    base = [RIGHT] * 10 + [PLAIN] * 10 + [WRONG] * 20
    return of_runs(base, [RIGHT] * 20 + [WRONG] * 20, 64, headline=64)


def in_budget() -> Comparison:
    base = [RIGHT] * 10 + [LATE] * 10 + [WRONG] * 20
    return of_runs(base, [RIGHT] * 20 + [WRONG] * 20, 12, 64, headline=12)


def test_the_headline_says_what_the_other_reading_shows() -> None:
    form, budget = in_form().verdict, in_budget().verdict
    assert form is not None
    assert budget is not None

    assert form.headline.startswith("Shown in form only: +25.0 points")
    assert "sees 0.0 (-" in form.headline
    assert budget.headline.startswith("Shown within 12 tokens only: +25.0 points")
    assert "at 64 tokens it is 0.0 (-" in budget.headline


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_both_are_told_in_every_language_and_are_amber(lang: str) -> None:
    for comparison in (in_form(), in_budget()):
        view = report_view(comparison, lang=lang)

        assert view.tone == "qualified"
        assert view.headline
        assert view.decision


def test_gates_refuse_both_unless_they_ask_for_them() -> None:
    for comparison in (in_form(), in_budget()):
        assert comparison.verdict is not None
        decision = comparison.verdict.decision

        assert check_gate(comparison, GateRules()).state == "not_met"
        assert check_gate(comparison, GateRules(require=(decision,))).state == "met"


def test_a_family_counts_them_apart_from_gains() -> None:
    form = replace(in_form(), trained=replace(in_form().trained, name="other"))
    family = family_of([built((40, 4, 40, 16))[0], form])

    assert family.verdict is not None
    told = " ".join(map(str, family.verdict.statements))
    assert "models.rest_form_only" in told


def test_other_decisions_have_no_other_reading() -> None:
    assert other_reading(in_form(), "improved") == {}


def test_not_one_right_answer_on_either_side_is_invalid_and_says_what_to_try() -> None:
    comparison = of_runs([WRONG] * 30, [WRONG] * 30, 64, headline=64)

    assert comparison.verdict is not None
    assert comparison.verdict.decision == "invalid"
    assert f"evalsuite show {comparison.trained.name} 0" in comparison.verdict.headline
    assert "another --prompt" in comparison.verdict.headline
