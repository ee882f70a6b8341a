from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import paired, run

from evalsuite.comparing.looks import LookDesign, is_look, look_at, steps_in_order
from evalsuite.records.verdict import Policy
from evalsuite.stats import confidence_sequence, look, planned_look

if TYPE_CHECKING:
    from evalsuite.records.ledger import LookMode

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
STEPS = [1] * 30 + [-1] * 5 + [0] * 5


def design(name: LookMode, *, confidence_level: float = 0.95) -> LookDesign:
    policy = Policy(confidence_level=confidence_level)
    return LookDesign(name=name, n_planned=100, policy=policy)


def test_planned_looks_are_at_planned_numbers_and_others_at_any() -> None:
    assert [n for n in range(1, 101) if is_look(n, design("planned"))] == [20, 40, 60, 80, 100]
    assert is_look(7, design("anytime"))


def test_a_look_is_that_of_its_design() -> None:
    ours, theirs = look_at(STEPS, design("planned")), planned_look(STEPS, n_planned=100)
    anytime, other = look_at(STEPS, design("anytime")), look(STEPS, n_planned=100)

    assert (ours.reason, ours.pvalue, ours.interval) == (
        theirs.reason,
        theirs.pvalue,
        theirs.interval,
    )
    assert (anytime.reason, anytime.pvalue) == (other.reason, other.pvalue)
    assert anytime.interval.low == pytest.approx(other.interval.low, abs=1e-6)


def test_confidence_and_alpha_may_differ_in_either_design() -> None:
    wide = look_at(STEPS, design("anytime", confidence_level=0.99)).interval

    assert wide == confidence_sequence(STEPS, confidence_level=0.99).interval
    assert look_at(STEPS, design("planned", confidence_level=0.99)).interval.low < (
        look_at(STEPS, design("planned")).interval.low
    )


def test_steps_come_in_the_order_asked() -> None:
    outcomes = paired(run([WRONG, RIGHT, RIGHT]), run([RIGHT, RIGHT, WRONG]))
    first, second, third = outcomes.question_ids

    assert steps_in_order(outcomes, [third, first, second]) == [-1, 1, 0]
    assert steps_in_order(outcomes, [first]) == [1]
