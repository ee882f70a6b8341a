import itertools

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.planning.subsets import score_range, subset_chances


@pytest.mark.parametrize(("correct", "n_split", "n"), [(3, 9, 4), (9, 9, 4), (0, 9, 4), (5, 9, 9)])
def test_score_range_against_all_draws(correct: int, n_split: int, n: int) -> None:
    answers = [1] * correct + [0] * (n_split - correct)
    scores = np.sort([sum(draw) for draw in itertools.combinations(answers, n)])

    result = score_range(correct, n_split, n, confidence_level=0.8)

    cumulative = np.arange(1, len(scores) + 1) / len(scores)
    assert result.low == scores[np.argmax(cumulative >= 0.1 - 1e-12)]
    assert result.high == scores[np.argmax(cumulative >= 0.9 - 1e-12)]
    assert np.mean((scores >= result.low) & (scores <= result.high)) >= 0.8


def test_score_range_as_shares() -> None:
    """A model with 20% scores anything from 0 to 60% on five questions."""
    result = score_range(264, 1_319, 5).share

    assert (result.low, result.high) == (0.0, 0.6)


def test_subset_chances_against_all_draws() -> None:
    differences = [-1] * 2 + [1] * 8 + [0] * 4
    sums, significant = [], []
    for draw in itertools.combinations(differences, 9):
        sums.append(sum(draw))
        losses, gains = draw.count(-1), draw.count(1)
        significant.append(mcnemar(losses, gains).pvalue <= 0.05)
    totals, rejected = np.array(sums), np.array(significant)

    result = subset_chances(2, 8, 14, 9)

    assert result.shows_gain == pytest.approx(np.mean(totals > 0))
    assert result.shows_tie == pytest.approx(np.mean(totals == 0))
    assert result.shows_loss == pytest.approx(np.mean(totals < 0))
    assert result.significant_gain == pytest.approx(np.mean(rejected & (totals > 0)))
    assert result.significant_loss == pytest.approx(np.mean(rejected & (totals < 0)))
    assert result.significant_gain > 0


@pytest.mark.parametrize("n", [1, 20, 400, 1_319])
def test_impressions_sum_to_one(n: int) -> None:
    result = subset_chances(64, 293, 1_319, n)

    assert result.shows_gain + result.shows_tie + result.shows_loss == pytest.approx(1, abs=1e-12)


def test_draws_validate_input() -> None:
    with pytest.raises(InvalidInputError, match="n is 10"):
        score_range(3, 9, 10)
    with pytest.raises(InvalidInputError, match="correct is 10 of 9"):
        score_range(10, 9, 3)
    with pytest.raises(InvalidInputError, match=r"losses \+ gains is 10"):
        subset_chances(5, 5, 9, 3)
