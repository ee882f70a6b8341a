from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import checked, run

from evalsuite.comparing.compare import Design
from evalsuite.errors import InvalidInputError
from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import in_english
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
