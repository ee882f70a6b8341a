from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import checked, paired, run

from evalsuite.comparing.compare import Design
from evalsuite.comparing.gain_parts import cause_counts, gain_parts

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import GainParts

RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"
LATE, LATE_AND_WRONG = "many words first " + RIGHT, "many words first " + WRONG


def compared(*budgets: int, headline: int | None = None) -> Comparison:
    """Compare a base that is late, or late and wrong, or without its box, or wrong."""
    base = [LATE] * 4 + [LATE_AND_WRONG] * 3 + [PLAIN] * 2 + [WRONG] * 1 + [RIGHT] * 2
    trained = [RIGHT] * 10 + [WRONG, RIGHT]
    design = Design(budgets=budgets, headline_budget=headline)
    return checked(run(base), run(trained), design)


def parts(comparison: Comparison) -> GainParts:
    assert comparison.made_of is not None
    return comparison.made_of


def sum_of(made: GainParts) -> float:
    return sum(part.gain for part in (made.finished, made.formatted, made.rest) if part)


@pytest.mark.parametrize("headline", [12, 20, 64])
def test_the_parts_sum_to_the_gain(headline: int) -> None:
    comparison = compared(12, 20, 64, headline=headline)

    assert sum_of(parts(comparison)) == pytest.approx(comparison.gain.estimate, abs=1e-15)


def test_finished_is_what_a_larger_budget_takes_away_and_no_more() -> None:
    """Seven wrong answers were cut off at 12; four of them are right when they may go on."""
    comparison = compared(12, 64, headline=12)

    made = parts(comparison)
    assert made.finished is not None
    assert made.finished.gain == pytest.approx(4 / 12)
    assert made.finished_range is None
    assert comparison.attribution is not None
    assert comparison.attribution.finished.gains == 7
    assert made.finished.gain == pytest.approx(
        comparison.budgets[0].gain - comparison.budgets[1].gain
    )


def test_formatted_is_what_the_flexible_grader_does_not_see() -> None:
    made = parts(compared(12, 64, headline=12))

    assert made.formatted is not None
    assert made.formatted.gain == pytest.approx(2 / 12)
    assert made.rest.gain == pytest.approx(3 / 12)


def test_at_the_largest_budget_finished_is_a_range_of_questions() -> None:
    comparison = compared(12)

    made = parts(comparison)
    assert made.finished is None
    assert made.finished_range is not None
    assert (made.finished_range.low, made.finished_range.high) == (0, 7 / 12)
    assert sum_of(made) == pytest.approx(comparison.gain.estimate)


def test_a_budget_that_cuts_nothing_away_leaves_nothing_to_finish() -> None:
    made = parts(compared(40, 64, headline=40))

    assert made.finished is not None
    assert (made.finished.gain, made.finished.exact) == (0, 1)


def test_without_recorded_ends_or_a_second_grader_the_parts_are_unknown_not_zero() -> None:
    base = run([WRONG, RIGHT], finishes=["unknown", "unknown"])
    outcomes = paired(base, run([RIGHT, RIGHT]))
    scores = {"strict": outcomes.base.scores["strict"]}
    alone = replace(
        outcomes,
        base=replace(outcomes.base, scores=scores),
        trained=replace(outcomes.trained, scores={"strict": outcomes.trained.scores["strict"]}),
    )

    made = gain_parts(alone, alone, cause_counts(alone))

    assert (made.finished, made.finished_range, made.formatted) == (None, None, None)
    assert made.rest.gain == 0.5


def test_swapping_the_models_negates_every_part() -> None:
    base, trained = run([LATE, LATE, PLAIN, WRONG, RIGHT]), run([RIGHT, RIGHT, RIGHT, RIGHT, WRONG])
    design = Design(budgets=(12, 64), headline_budget=12)

    forth, back = parts(checked(base, trained, design)), parts(checked(trained, base, design))

    assert forth.finished is not None
    assert back.finished is not None
    assert forth.finished.gain == -back.finished.gain
    assert forth.rest.gain == -back.rest.gain
