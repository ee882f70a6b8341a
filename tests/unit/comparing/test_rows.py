from __future__ import annotations

from dataclasses import fields, replace

from builders import paired, run

from evalsuite.comparing.gain import counted_columns, gain_columns
from evalsuite.comparing.rows import (
    budget_row,
    gain_of,
    gain_of_sample,
    grader_rows,
    subset_row,
)
from evalsuite.records.comparison import CountedRow, GainRow
from evalsuite.tasks.grading import numeric_task

RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"


def test_the_columns_are_the_fields_of_their_rows() -> None:
    gain = gain_of(paired(run([WRONG, RIGHT]), run([RIGHT, RIGHT])))

    assert set(gain_columns(gain)) == {field.name for field in fields(GainRow)}
    assert set(counted_columns(gain)) == {field.name for field in fields(CountedRow)}


def test_each_grader_reads_the_gain_by_itself() -> None:
    outcomes = paired(run([PLAIN, WRONG]), run([RIGHT, WRONG]))

    rows = grader_rows(outcomes, numeric_task("test"))

    assert (rows["strict"].gain, rows["flexible"].gain) == (0.5, 0.0)


def test_a_grader_that_left_an_answer_open_has_no_row() -> None:
    outcomes = paired(run([PLAIN, WRONG]), run([RIGHT, WRONG]))
    scores = outcomes.base.scores | {"flexible": (None, 0.0)}
    open_ended = replace(outcomes, base=replace(outcomes.base, scores=scores))

    assert set(grader_rows(open_ended, numeric_task("test"))) == {"strict"}


def test_a_subset_counts_its_own_questions_alone() -> None:
    outcomes = paired(run([WRONG, RIGHT, WRONG]), run([RIGHT, WRONG, WRONG]))

    row = subset_row(outcomes, 3, ("q-0", "q-2"))

    assert (row.seed, row.n, row.losses, row.gains, row.gain) == (3, 2, 0, 1, 0.5)


def test_a_budget_has_the_gain_of_its_outcomes() -> None:
    outcomes = paired(run([WRONG, RIGHT]), run([RIGHT, RIGHT]))

    row = budget_row(outcomes, 64)

    gain = gain_of(outcomes)
    assert (row.gain, row.interval, row.exact) == (gain.estimate, gain.interval, gain.exact)
    assert (row.max_new_tokens, row.n, row.base.accuracy) == (64, 2, 0.5)


def test_a_sample_alone_has_the_gain_of_its_own_rows() -> None:
    outcomes = replace(
        paired(run([WRONG, RIGHT, WRONG, RIGHT]), run([RIGHT, RIGHT, WRONG, WRONG])),
        question_ids=("a", "a", "b", "b"),
        samples=(0, 1, 0, 1),
    )

    assert [gain_of_sample(outcomes, sample).estimate for sample in (0, 1)] == [0.5, -0.5]
