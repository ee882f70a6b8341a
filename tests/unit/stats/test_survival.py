import numpy as np
import pytest
from numpy.typing import ArrayLike

from evalsuite.errors import InvalidInputError
from evalsuite.stats.survival import completion_lengths


def test_with_one_budget_the_curve_is_the_share_still_running() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(10, 400, 200)
    budget = 300
    result = completion_lengths(np.minimum(lengths, budget), lengths < budget)

    for length, running in zip(result.lengths, result.running, strict=True):
        assert running == pytest.approx((lengths > length).mean())


def test_median_beyond_the_budget_is_not_reached() -> None:
    result = completion_lengths([100, 300, 300], [1, 0, 0])

    assert result.median is None
    assert (result.longest, result.n_finished, result.n) == (300, 1, 3)


def test_median_is_reached_at_exactly_one_half() -> None:
    assert completion_lengths([1, 2, 3, 4], [1, 1, 1, 1]).median == 2


def test_tokens_for_a_share() -> None:
    result = completion_lengths(list(range(1, 101)), [1] * 90 + [0] * 10)

    assert result.tokens_for(0.9) == 90
    assert result.tokens_for(0.25) == 25
    assert result.tokens_for(0.91) is None
    with pytest.raises(InvalidInputError, match="share"):
        result.tokens_for(1.0)


def test_nothing_ended_leaves_an_empty_curve() -> None:
    result = completion_lengths([300, 300], [0, 0])

    assert (result.lengths, result.running, result.median, result.longest) == ((), (), None, 300)


def test_all_ended_reaches_zero_without_nan() -> None:
    result = completion_lengths([3, 5], [1, 1])

    assert (result.running[-1], result.low[-1], result.high[-1]) == (0.0, 0.0, 0.0)


def test_end_at_the_length_of_a_cut_comes_first() -> None:
    # three at risk at 5, one of them ends
    assert completion_lengths([5, 5, 9], [1, 0, 0]).running == pytest.approx((2 / 3,))


@pytest.mark.parametrize(
    ("lengths", "finished", "word"),
    [
        ([1, 2], [1], "shape"),
        ([1.5], [1], "whole numbers"),
        ([-1], [1], "holds -1"),
        ([1], [2], "holds 2"),
        ([], [], "non-empty"),
    ],
)
def test_completion_lengths_validates_input(
    lengths: list[float], finished: list[int], word: str
) -> None:
    with pytest.raises(InvalidInputError, match=word):
        completion_lengths(lengths, finished)


@pytest.mark.parametrize(
    ("lengths", "words"), [(["3"], "whole numbers"), ([3.0], "whole numbers"), ([-1], "at least 0")]
)
def test_other_lengths_are_refused_by_name(lengths: ArrayLike, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        completion_lengths(lengths, [1])
