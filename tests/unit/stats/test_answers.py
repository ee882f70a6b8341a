import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats.answers import as_answers, as_gains, as_outcomes


def test_answers_become_integers_of_the_same_shape() -> None:
    result = as_answers([[True, False], [False, True]], "base", dimensions=2)

    assert result.dtype == np.int64
    assert result.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ([[1, 0], [1]], "unequal length"),
        ([], "non-empty"),
        ([[0, 1]], "1 axes"),
        ([0, 2], "holds 2"),
        ([0.5], "holds 0.5"),
        ([float("nan")], "holds nan"),
        (["right"], "right as 1"),
        ([None], "right as 1"),
    ],
)
def test_answers_that_are_not_right_or_wrong_are_refused(answers: object, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        as_answers(answers, "base", dimensions=1)  # type: ignore[arg-type]  # bad on purpose


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        ([], "one number a question"),
        ([[0, 1]], "one number a question"),
        ([True], "one number a question"),
        ([1.5], "holds? 1.5"),
        ([float("nan")], "holds? nan"),
        ([0.5], "fractions"),
    ],
)
def test_outcomes_outside_minus_one_zero_one_are_refused(outcomes: object, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        as_outcomes(outcomes)  # type: ignore[arg-type]  # bad on purpose


def test_gains_may_be_fractions() -> None:
    assert as_gains([0.25, -1]).tolist() == [0.25, -1.0]
