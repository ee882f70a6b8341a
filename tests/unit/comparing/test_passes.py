from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import paired, run
from passes_builders import sampled_run

from evalsuite.comparing.passes import passes_of

if TYPE_CHECKING:
    from evalsuite.records.passes import Passes

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def passes_from(base: list[int], trained: list[int]) -> Passes:
    """Give the passes of counts of right samples, 8 a question."""
    outcomes = paired(sampled_run(base, "base"), sampled_run(trained, "trained"))
    passes = passes_of(outcomes, 0.95)
    assert passes is not None
    return passes


def test_one_sample_a_question_has_no_passes() -> None:
    assert passes_of(paired(run([RIGHT] * 3), run([WRONG] * 3)), 0.95) is None


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
