from __future__ import annotations

from dataclasses import replace

import pytest
from builders import paired, run

from evalsuite.comparing.rows import accuracy, budget_side, headline_side, truncation_of

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def test_a_side_counts_right_answers_and_those_that_were_cut_off() -> None:
    outcomes = paired(
        run([RIGHT, RIGHT, WRONG], finishes=["length", "stop", "length"]), run([RIGHT] * 3)
    )

    side = headline_side("base", outcomes.base, outcomes)

    assert (side.correct, side.n, side.truncated, side.right_although_truncated) == (2, 3, 2, 1)


def test_a_side_at_a_budget_says_the_same_as_at_the_headline() -> None:
    outcomes = replace(paired(run([RIGHT, WRONG]), run([RIGHT, RIGHT])), confidence_level=0.9)

    row = budget_side(outcomes.base, outcomes)
    side = headline_side("base", outcomes.base, outcomes)

    assert (row.accuracy, row.interval) == (side.accuracy, side.interval)


def test_a_mean_over_some_token_counts_alone_is_not_shown() -> None:
    pair = paired(run([RIGHT, WRONG]), run([RIGHT, RIGHT]))
    unknown = replace(pair.base, tokens=(pair.base.tokens[0], None))

    assert headline_side("base", pair.base, pair).mean_tokens == len(RIGHT)
    assert headline_side("base", unknown, pair).mean_tokens is None


def test_without_every_end_cut_off_answers_have_no_table_and_no_bounds() -> None:
    base = run([RIGHT, WRONG], finishes=["unknown", "unknown"])

    truncation = truncation_of(paired(base, run([RIGHT, RIGHT])))

    assert (truncation.base, truncation.trained) == (None, 0)
    assert (truncation.table, truncation.bounds) == (None, None)


def test_an_accuracy_is_the_share_of_right_rows() -> None:
    assert accuracy([True, False, False, True, True]) == pytest.approx(0.6)
