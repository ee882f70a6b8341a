"""The same pair on the same questions in other words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import checked
from plan_builders import finished_pair

from evalsuite.asking.beside.twins import plan_twins, with_twins
from evalsuite.asking.compare import plan_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.records.verdict import Policy
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.asking.plan import FinishedRun
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.verdict import Check

    Pair = tuple[FinishedRun, FinishedRun]

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def judged(twins: Pair, headline: Pair | None = None) -> Comparison:
    """Compare a pair, of a full gain unless another is given, and its twins."""
    headline = headline or finished_pair(WRONG, RIGHT)
    base, trained = (each.run for each in headline)
    design = Design(
        budgets=(64,), headline_budget=64, subsets=(), headline_set="full", policy=Policy()
    )
    return with_twins(checked(base, trained, design), headline, twins, CompareSpec())


def twins_check(comparison: Comparison) -> Check:
    return next(each for each in comparison.checks if each.code == "EVS055")


def told(check: Check, lang: str) -> str:
    assert check.statement is not None
    return words(lang).tell(check.statement)


def test_a_gain_that_other_words_take_away_is_warned_of() -> None:
    comparison = judged(finished_pair(WRONG, WRONG))
    check = next(each for each in comparison.checks if each.code == "EVS055")
    assert comparison.twins is not None
    assert (comparison.twins.gain, comparison.twins.difference.gain) == (0.0, -1.0)
    assert check.level == "warning"
    assert check.statement is not None
    assert "that is -100.0" in words("en").tell(check.statement)
    assert "换一种说法" in words("zh").tell(check.statement)


def test_a_gain_that_holds_passes() -> None:
    comparison = judged(finished_pair(WRONG, RIGHT))
    assert [c.level for c in comparison.checks if c.code == "EVS055"] == ["passed"]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ((WRONG, WRONG), (WRONG, WRONG)),
        ((RIGHT, WRONG), (RIGHT, WRONG)),
        ((WRONG, WRONG), (WRONG, RIGHT)),
    ],
)
def test_without_a_gain_here_nothing_is_said_to_hold(
    here: tuple[str, str], there: tuple[str, str]
) -> None:
    check = twins_check(judged(finished_pair(*there), finished_pair(*here)))
    assert check.level == "not_applicable"
    assert "too little was shown" in told(check, "en")
    assert "证据不足" in told(check, "zh")


def test_few_questions_without_a_gain_in_other_words_are_no_gain_that_holds() -> None:
    six, three = (finished_pair(WRONG, WRONG, n=20, first=(RIGHT, n)) for n in (6, 3))
    comparison = judged(three, headline=six)
    assert comparison.mcnemar.exact < 0.05
    assert twins_check(comparison).level == "not_applicable"


def test_twins_of_other_questions_are_not_paired() -> None:
    with pytest.raises(NotComparableError, match="not those of the questions compared"):
        judged(finished_pair(WRONG, RIGHT, n=11))


def test_twins_of_equal_numbers_and_other_golds_are_not_paired() -> None:
    base, trained = finished_pair(WRONG, RIGHT)

    with pytest.raises(NotComparableError, match="not those of the questions compared"):
        judged((_regolded(base), _regolded(trained)))


def _regolded(finished: FinishedRun) -> FinishedRun:
    first, *others = finished.table.run.questions
    run = replace(finished.table.run, questions=(replace(first, gold="8"), *others))
    return replace(finished, table=replace(finished.table, run=run))


def test_twins_have_a_run_of_their_own(tmp_path: Path) -> None:
    spec = CompareSpec(twins=True, first=3, max_new_tokens=(8,), runs=tmp_path)
    plan = plan_comparison(("embedded:base", "embedded:trained"), spec)
    assert plan.twins is not None
    headline, worded = (planned.selection.questions for planned in (plan.models[0], plan.twins[0]))
    assert [q.id for q in worded] == [q.id.replace("test", "twin") for q in headline]
    assert [q.gold for q in worded] == [q.gold for q in headline]


def test_what_can_not_be_worded_afresh_is_refused() -> None:
    models = finished_pair(WRONG, RIGHT)
    stored = replace(models[0], model=replace(models[0].model, source="run"))
    with pytest.raises(InvalidInputError, match="stored run and can't be asked"):
        plan_twins(("base", "trained"), (stored, models[1]), CompareSpec())
    other = replace(models[0], selection=replace(models[0].selection, task="gsm8k"))
    with pytest.raises(InvalidInputError, match="gsm8k test has none"):
        plan_twins(("base", "trained"), (other, models[1]), CompareSpec())
    early = CompareSpec(twins=True, stop_early=True)
    with pytest.raises(InvalidInputError, match="one pair whole"):
        plan_comparison(("embedded:base", "embedded:trained"), early)
