"""The estimate with all of base, from graded tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import run
from passes_builders import sampled_run

from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate
from evalsuite.comparing.whole_base import gain_with_whole_base
from evalsuite.errors import NotComparableError
from evalsuite.logs.identity import narrowed
from evalsuite.stats import whole_base_gain

if TYPE_CHECKING:
    from evalsuite.records.run import Run

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
BASE = [1, 0, 1, 1, 0, 0, 0, 1, 0, 1] * 6
TRAINED = [1, 1, 1, 0, 0, 1, 0, 1, 0, 1] * 2


def of(right: list[int], name: str) -> Run:
    return run([RIGHT if value else WRONG for value in right], name=name)


def part_of(whole: Run, n: int) -> Run:
    return narrowed(whole, {q.id: q.id for q in whole.questions[:n]})


def test_part_and_rest_are_told_apart_by_the_questions_of_the_pair() -> None:
    whole = of(BASE, "base")
    pair = pair_tables(tabulate(part_of(whole, 20)), tabulate(of(TRAINED, "trained"))).at(None)

    record = gain_with_whole_base(pair, tabulate(whole))

    plain = whole_base_gain(BASE[:20], TRAINED, BASE[20:])
    assert (record.n, record.n_whole) == (20, 60)
    assert record.gain == pytest.approx(plain.estimate)
    assert record.interval == plain.interval
    assert record.interval_on_split == plain.interval_on_split
    assert record.base == pytest.approx(0.5)


def test_of_several_samples_the_mean_of_each_question_counts() -> None:
    rates, trained = [8, 4, 2, 0, 6, 1] * 8, [8, 6, 4, 0, 8, 1] * 4
    whole = sampled_run(rates, "base")
    pair = pair_tables(tabulate(part_of(whole, 24)), tabulate(sampled_run(trained, "trained"))).at(
        None
    )

    record = gain_with_whole_base(pair, tabulate(whole))

    plain = whole_base_gain(
        [rate / 8 for rate in rates[:24]],
        [rate / 8 for rate in trained],
        [rate / 8 for rate in rates[24:]],
    )
    assert record.gain == pytest.approx(plain.estimate)
    assert record.interval.low == pytest.approx(plain.interval.low)


def test_an_ungraded_answer_of_base_is_refused() -> None:
    whole = of(BASE, "base")
    pair = pair_tables(tabulate(part_of(whole, 20)), tabulate(of(TRAINED, "trained"))).at(None)
    table = tabulate(whole)
    scores = {grader: (None, *column[1:]) for grader, column in table.at(None).scores.items()}
    ungraded = replace(table, budgets={None: replace(table.at(None), scores=scores)})

    with pytest.raises(NotComparableError, match="have no score"):
        gain_with_whole_base(pair, ungraded)
