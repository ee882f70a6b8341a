from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import checked, paired, run

from evalsuite.comparing.compare import Design
from evalsuite.comparing.contrasts import (
    gain_difference,
    graders_against_headline,
    question_gains,
    sample_differences,
)
from evalsuite.comparing.rows import grader_rows
from evalsuite.records.paired import Outcomes, PairedOutcomes
from evalsuite.tasks.grading import numeric_task

RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"
LATE = "many words first " + RIGHT


def sampled(base: np.ndarray, trained: np.ndarray) -> PairedOutcomes:
    """Lay out right and wrong of several samples: one row a question, one column a sample."""
    n, samples = base.shape

    def side(right: np.ndarray) -> Outcomes:
        rows = right.size
        return Outcomes(
            scores={"strict": tuple(map(float, right.ravel()))},
            decides="strict",
            truncated=(False,) * rows,
            answered=(True,) * rows,
            tokens=(1,) * rows,
        )

    return PairedOutcomes(
        question_ids=tuple(f"q-{i}" for i in range(n) for _ in range(samples)),
        samples=tuple(range(samples)) * n,
        max_new_tokens=64,
        base=side(base),
        trained=side(trained),
        confidence_level=0.95,
    )


def test_a_gain_by_question_is_trained_minus_base() -> None:
    outcomes = paired(run([WRONG, RIGHT, RIGHT, PLAIN]), run([RIGHT, WRONG, RIGHT, RIGHT]))

    assert question_gains(outcomes) == [[1], [-1], [0], [1]]
    assert question_gains(outcomes, "flexible") == [[1], [-1], [0], [0]]


def test_every_budget_but_the_headline_is_set_against_it() -> None:
    base, trained = run([LATE] * 12 + [RIGHT] * 8), run([RIGHT] * 20)

    rows = checked(base, trained, Design(budgets=(10, 12, 64))).budgets

    assert rows[-1].difference is None
    assert [row.difference.gain for row in rows[:2] if row.difference] == [0.6, 0.6]
    # two budgets were compared, with equal p-values: Holm doubles both
    for row in rows[:2]:
        assert row.difference is not None
        assert (row.difference.raised, row.difference.lowered) == (12, 0)
        assert row.difference.exact == pytest.approx(2**-11)
        assert row.difference.adjusted == pytest.approx(2**-10)


def test_a_log_that_cannot_be_cut_has_no_budget_to_set_against() -> None:
    assert checked(run([RIGHT]), run([RIGHT]), Design()).budgets == ()


def test_the_deciding_grader_is_not_set_against_itself() -> None:
    outcomes = paired(run([PLAIN] * 9 + [WRONG]), run([RIGHT] * 9 + [WRONG]))

    rows = graders_against_headline(grader_rows(outcomes, numeric_task("test")), outcomes)

    assert rows["strict"].difference is None
    difference = rows["flexible"].difference
    assert difference is not None
    assert (difference.gain, difference.lowered) == (-0.9, 9)
    assert difference.adjusted == difference.exact == pytest.approx(2**-8)


def test_with_one_sample_a_question_there_is_none_to_set_against() -> None:
    assert sample_differences(paired(run([RIGHT]), run([WRONG]))) == ()


def test_a_sample_is_set_against_the_mean_of_the_others() -> None:
    base = np.zeros((40, 3), dtype=int)
    trained = np.zeros((40, 3), dtype=int)
    trained[:30, 0] = 1
    trained[:10, 1] = 1

    first, second, third = sample_differences(sampled(base, trained))

    assert first.gain == pytest.approx(30 / 40 - 5 / 40)
    assert second.gain == pytest.approx(10 / 40 - 15 / 40)
    assert third.gain == pytest.approx(-20 / 40)
    assert first.adjusted is not None
    assert first.adjusted < 0.001


def test_samples_that_are_alike_seldom_look_unlike() -> None:
    """Some sample of four is called unlike the others in at most one of twenty."""
    rng = np.random.default_rng(7)
    claims, repeats = 0, 200
    for _ in range(repeats):
        chance = rng.beta(1, 2, (100, 1))
        right = rng.random((2, 100, 4)) < chance
        differences = sample_differences(sampled(*right.astype(int)))
        claims += any(
            (d.adjusted or 0) <= 0.05 and not d.interval.low <= 0 <= d.interval.high
            for d in differences
        )

    assert claims / repeats <= 0.05 + 2 * (0.05 * 0.95 / repeats) ** 0.5


def test_a_difference_holds_the_numbers_of_the_contrast() -> None:
    difference = gain_difference([[1], [1], [0]], [[0], [1], [1]], 0.9)

    assert (difference.gain, difference.exact) == (0, 1)
    assert difference.interval.low == -difference.interval.high
    assert replace(difference, adjusted=None) == difference
