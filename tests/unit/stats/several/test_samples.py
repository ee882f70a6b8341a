import itertools

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats.several.samples import pass_at_k, reduce_samples


def test_majority_needs_more_than_half_and_counts_ties_wrong() -> None:
    result = reduce_samples([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]], how="majority")

    assert result.correct == (False, True, False)
    assert (result.n_ties, result.n_samples, result.how) == (1, 4, "majority")


def test_first_keeps_the_first_sample() -> None:
    assert reduce_samples([[1, 0, 0], [0, 1, 1]], how="first").correct == (True, False)


def test_a_way_to_reduce_must_be_named() -> None:
    with pytest.raises(InvalidInputError, match="how is 'mean'"):
        reduce_samples([[1, 0]], how="mean")  # type: ignore[arg-type]  # bad on purpose
    with pytest.raises(TypeError):
        reduce_samples([[1, 0]])  # type: ignore[call-arg]  # bad on purpose


@pytest.mark.parametrize(("n", "correct", "k"), [(6, 2, 3), (6, 5, 2), (5, 0, 4), (7, 3, 1)])
def test_pass_at_k_against_all_choices_of_k_samples(n: int, correct: int, k: int) -> None:
    answers = [1] * correct + [0] * (n - correct)
    choices = list(itertools.combinations(answers, k))

    result = pass_at_k(correct, n, k).estimate

    assert result == pytest.approx(sum(any(choice) for choice in choices) / len(choices), abs=1e-15)


def test_pass_at_one_is_the_accuracy() -> None:
    assert pass_at_k([3, 0, 4], 4, 1).estimate == pytest.approx(7 / 12)


def test_pass_at_k_averages_over_questions_with_their_standard_error() -> None:
    result = pass_at_k([0, 10], 10, 5)

    assert (result.estimate, result.n_questions) == (0.5, 2)
    assert result.standard_error == pytest.approx(0.5)
    assert pass_at_k(3, 10, 5).standard_error is None


def test_pass_at_k_is_stable_for_many_samples() -> None:
    assert pass_at_k(1, 2_000, 1_000).estimate == pytest.approx(0.5, abs=1e-15)


@pytest.mark.parametrize(
    ("correct", "n", "k", "word"),
    [(1, 4, 5, "k is 5"), (5, 4, 1, "correct is 5"), (-1, 4, 1, "correct is -1"), (1, 4, 0, "k")],
)
def test_pass_at_k_validates_input(correct: int, n: int, k: int, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        pass_at_k(correct, n, k)


def test_pass_at_k_without_questions_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least one question"):
        pass_at_k([], 4, 1)
