"""Rules of a curve: what may be called established, and how often that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from curve_builders import answers, curve_comparison, curve_of_tables, null_claims, rising
from report_builders import built, training_log

from evalsuite.errors import InvalidInputError
from evalsuite.reporting.telling import told_gate
from evalsuite.reporting.wording import words
from evalsuite.verdict.agreement import refuse_contradictions
from evalsuite.verdict.gate import GateRules, check_gate

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.curve import CurveComparison
    from evalsuite.records.verdict import Verdict


def verdict_of(record: CurveComparison | Comparison) -> Verdict:
    assert record.verdict is not None
    return record.verdict


def first_key(record: CurveComparison) -> str:
    return verdict_of(record).statements[0].key


def test_a_gain_that_stays_is_established_from_its_first_step_on() -> None:
    record = rising()

    assert verdict_of(record).decision == "improved"
    values = verdict_of(record).statements[0].values
    assert first_key(record) == "curve.from"
    assert verdict_of(record).policy.family == 3
    assert (values["first"], values["step"], values["k"], values["n"]) == (8, 12, 2, 3)
    assert (values["gain"], values["low"], values["high"]) == (
        record.curve.steps[2].gain,
        record.curve.steps[2].interval.low,
        record.curve.steps[2].interval.high,
    )
    assert verdict_of(record).headline.startswith("Established from step 8 on: +40.0 points (")
    assert "at step 12, the best of 3." in verdict_of(record).headline


def test_a_gain_that_is_lost_again_is_only_first_established() -> None:
    record = curve_of_tables(((40, 4, 44, 12), (40, 4, 4, 52)), (4, 12))

    assert first_key(record) == "curve.first"
    assert verdict_of(record).qualifiers[0] == "falls_later"


def test_no_gain_is_said_with_its_interval() -> None:
    record = curve_of_tables(((40, 4, 4, 52), (40, 4, 6, 50)), (4, 12))

    assert verdict_of(record).decision == "inconclusive"
    assert verdict_of(record).headline.startswith(
        "Not established at any of 2 checkpoints: the best"
    )


def test_a_loss_is_counted_and_named() -> None:
    record = curve_of_tables(((40, 40, 4, 16), (40, 40, 2, 18)), (4, 12))

    assert verdict_of(record).decision == "regressed"
    assert [s.key for s in verdict_of(record).statements] == ["curve.below"]
    assert verdict_of(record).statements[0].values["step"] == 12


def test_reward_up_and_score_down_is_named() -> None:
    tables = ((40, 4, 44, 12), (40, 4, 4, 52))
    logged = curve_of_tables(tables, (4, 12), training=training_log())
    unlogged = curve_of_tables(tables, (4, 12))

    assert verdict_of(logged).remarks[0].statement.key == "curve.falls_reward_up"
    assert verdict_of(logged).remarks[0].statement.values["reward"] == pytest.approx(0.25)
    assert verdict_of(unlogged).remarks[0].statement.key == "curve.falls"
    assert unlogged.curve.steps[0].reward is None


def test_a_checkpoint_whose_own_verdict_takes_its_gain_back_is_not_established() -> None:
    base, trained = answers((40, 4, 44, 12))
    part = built((40, 4, 44, 12))[0]
    invalid = built((40, 4, 44, 12), same_weights=True)[0]
    invalid = replace(invalid, verdict=replace(verdict_of(part), decision="invalid"))
    record = curve_comparison(base, [trained, trained], (4, 12), [part, invalid])

    assert [row.decision for row in record.curve.steps] == ["improved", "invalid"]
    assert first_key(record) == "curve.first"
    assert verdict_of(record).remarks[-1].code == "taken_back"
    both = curve_comparison(base, [trained, trained], (4, 12), [invalid, invalid])
    assert verdict_of(both).decision == "invalid"


def test_under_the_null_any_false_claim_is_rare() -> None:
    """A short run of the calibration (`tests/calibration/test_curve_calibration.py`)."""
    assert max(null_claims(trainings=40, steps=5, n=100, step_noise=0.2)) <= 0.05


def test_a_gate_takes_the_verdict_and_holds_every_checkpoint_to_the_limits() -> None:
    record = rising()

    assert check_gate(record, GateRules()).state == "met"
    limited = check_gate(record, GateRules(max_loss_rate=0.01))
    assert limited.state == "not_met"
    told = told_gate(limited, words("en"))
    assert told.rules[-1].detail.endswith("the largest share of 3 checkpoints")
    flat = curve_of_tables(((40, 4, 4, 52), (40, 4, 6, 50)), (4, 12))
    assert check_gate(flat, GateRules()).state == "undecided"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"gain": 0.5}, "step 12 gains 0.5, and its table 0.4"),
        ({"exact": 0.5}, "step 12 has exact p 0.5"),
        ({"adjusted": 0.0}, "adjusted p below"),
    ],
)
def test_a_step_that_its_own_table_does_not_give_is_refused(
    change: dict[str, Any], says: str
) -> None:
    record = rising()
    *steps, last = record.curve.steps
    refuse_contradictions(record, origin="results.json")
    edited = replace(record.curve, steps=(*steps, replace(last, **change)))

    with pytest.raises(InvalidInputError, match=says):
        refuse_contradictions(replace(record, curve=edited), origin="results.json")


def test_a_curve_has_a_comparison_for_every_step() -> None:
    record = rising()

    with pytest.raises(InvalidInputError, match="3 steps with 2 comparisons"):
        replace(record, comparisons=record.comparisons[:2])
