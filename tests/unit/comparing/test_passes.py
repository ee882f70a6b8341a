from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import compare_runs, run
from passes_builders import sampled_run

from evalsuite.comparing.compare import Design

if TYPE_CHECKING:
    from evalsuite.records.passes import Passes
    from evalsuite.records.run import Run

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def passes_from(base: list[int], trained: list[int]) -> Passes:
    """Give the passes of counts of right samples, 8 a question."""
    return passes_between(sampled_run(base, "base"), sampled_run(trained, "trained"))


def passes_between(base: Run, trained: Run) -> Passes:
    passes = compare_runs(base, trained, Design()).passes
    assert passes is not None
    return passes


def test_one_sample_a_question_has_no_passes() -> None:
    assert compare_runs(run([RIGHT] * 3), run([WRONG] * 3), Design()).passes is None


def test_samples_of_a_question_are_its_tries() -> None:
    passes = passes_from([1, 0, 2], [2, 1, 0])

    assert [row.k for row in passes.tries] == [1, 2, 4, 8]
    assert passes.tries[0].gain == pytest.approx(0)
    assert passes.tries[-1].base == pytest.approx(2 / 3)
    assert [(q.id, q.base, q.trained) for q in passes.questions] == [
        ("q-0", 1, 2),
        ("q-1", 0, 1),
        ("q-2", 2, 0),
    ]
    assert (passes.only_base, passes.only_trained) == ((2,), (1,))


def test_curves_cross_where_the_gain_changes_its_sign() -> None:
    # trained is right always or never, base now and then on every question
    passes = passes_from([2] * 10, [8] * 4 + [0] * 6)

    assert [row.gain > 0 for row in passes.tries] == [True, False, False, False]
    assert passes.crossing == (1, 2)


def test_curves_that_do_not_cross_name_no_tries() -> None:
    assert passes_from([1] * 10, [3] * 10).crossing is None


def test_votes_go_to_the_answer_given_most_often() -> None:
    # 3 of 8 are right; the others all say 8, or each something else
    base = sampled_run([3, 3], "base")
    scattered = [
        r if r.sample < 3 else replace(r, text=rf"\boxed{{{10 + r.sample}}}")
        for r in base.responses
    ]
    trained = sampled_run([3, 3], "trained")

    votes = passes_between(base, replace(trained, responses=tuple(scattered))).votes

    assert [(row.k, row.base, row.trained) for row in (votes[0], votes[-1])] == [
        (1, 3 / 8, 3 / 8),
        (8, 0.0, 1.0),
    ]


def test_one_answer_in_two_spellings_is_one_vote() -> None:
    base = sampled_run([3, 3], "base")
    spelled = tuple(
        replace(r, text=r"\boxed{8.0}") if r.sample % 2 and r.sample > 2 else r
        for r in base.responses
    )

    votes = passes_between(base, replace(sampled_run([3, 3], "trained"), responses=spelled)).votes

    assert votes[-1].trained == 0.0
