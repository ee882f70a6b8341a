from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest
from machine_pace import vector_seconds

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.stats import majority_curves, pass_at_k, pass_curves, widened_gain
from evalsuite.stats.several.passes import tries_of


def answers(chances: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    return (rng.random((len(chances), samples)) < chances[:, None]).astype(int)


def test_every_side_is_pass_at_k() -> None:
    rng = np.random.default_rng(1)
    base, trained = (answers(rng.beta(0.5, 0.7, size=40), 8, rng) for _ in range(2))

    curves = pass_curves(base, trained)

    assert [gain.k for gain in curves.gains] == [1, 2, 4, 8]
    for gain in curves.gains:
        assert gain.base == pytest.approx(pass_at_k(base.sum(axis=1), 8, gain.k).estimate)
        assert gain.trained == pytest.approx(pass_at_k(trained.sum(axis=1), 8, gain.k).estimate)
        assert gain.estimate == pytest.approx(gain.trained - gain.base)


def test_one_try_is_the_gain_of_the_headline() -> None:
    rng = np.random.default_rng(2)
    base, trained = (answers(rng.random(30), 6, rng) for _ in range(2))

    gain = pass_curves(base, trained).gains[0]

    headline = widened_gain(trained.mean(axis=1) - base.mean(axis=1))
    assert gain.interval.low == pytest.approx(headline.interval.low)
    assert gain.interval.high == pytest.approx(headline.interval.high)


def test_swapped_models_have_the_opposite_curve() -> None:
    rng = np.random.default_rng(3)
    base, trained = (answers(rng.random(30), 4, rng) for _ in range(2))

    there, back = pass_curves(base, trained), pass_curves(trained, base)

    assert [g.estimate for g in there.gains] == pytest.approx([-g.estimate for g in back.gains])
    assert there.contrast is not None
    assert back.contrast is not None
    assert there.contrast.estimate == pytest.approx(-back.contrast.estimate)
    assert (there.contrast.raised, there.contrast.lowered) == (
        back.contrast.lowered,
        back.contrast.raised,
    )
    assert there.contrast.pvalue == pytest.approx(back.contrast.pvalue)


def test_the_contrast_is_the_first_gain_minus_the_last() -> None:
    rng = np.random.default_rng(4)
    base, trained = (answers(rng.random(50), 8, rng) for _ in range(2))

    curves = pass_curves(base, trained)

    assert curves.contrast is not None
    assert curves.contrast.estimate == pytest.approx(
        curves.gains[0].estimate - curves.gains[-1].estimate
    )


def test_a_model_beside_itself_has_no_gain_at_any_number_of_tries() -> None:
    same = answers(np.linspace(0, 1, 20), 4, np.random.default_rng(5))

    curves = pass_curves(same, same)

    assert {gain.estimate for gain in curves.gains} == {0.0}
    assert {gain.pvalue for gain in curves.gains} == {1.0}
    assert all(gain.interval.low < 0 < gain.interval.high for gain in curves.gains)


@pytest.mark.parametrize(("n", "samples"), [(60, 4), (40, 8)])
def test_intervals_hold_the_true_gain_and_the_test_keeps_its_level(n: int, samples: int) -> None:
    """Questions drawn anew: two models of equal law, whose gains differ on every question."""
    rng, repeats = np.random.default_rng(6), 300
    inside, alarms = np.zeros(len(tries_of(samples))), 0

    for _ in range(repeats):
        base, trained = (answers(rng.beta(0.4, 0.6, size=n), samples, rng) for _ in range(2))
        curves = pass_curves(base, trained)
        inside += [gain.interval.low <= 0 <= gain.interval.high for gain in curves.gains]
        alarms += curves.contrast is not None and curves.contrast.pvalue <= 0.05

    # 3 standard errors of 300 draws are .038
    assert (inside / repeats >= 0.95 - 0.038).all()
    assert alarms / repeats <= 0.05 + 0.038


def test_the_interval_holds_a_gain_that_is_not_zero() -> None:
    rng, repeats = np.random.default_rng(7), 300
    before = rng.beta(0.5, 1.0, size=200_000)
    after = before**0.5
    truth = [((1 - (1 - after) ** k) - (1 - (1 - before) ** k)).mean() for k in (1, 2, 4, 8)]
    inside = np.zeros(4)

    for _ in range(repeats):
        chosen = rng.integers(len(before), size=100)
        curves = pass_curves(answers(before[chosen], 8, rng), answers(after[chosen], 8, rng))
        inside += [
            gain.interval.low <= true <= gain.interval.high
            for gain, true in zip(curves.gains, truth, strict=True)
        ]

    assert (inside / repeats >= 0.95 - 0.038).all()


def _majority(votes: tuple[int, ...]) -> float:
    cast = [vote for vote in votes if vote >= 0]
    counts = {vote: cast.count(vote) for vote in cast}
    winners = [vote for vote, count in counts.items() if count == max(counts.values())]
    return (0 in winners) / len(winners) if winners else 0.0


def test_a_majority_is_the_mean_over_all_choices_of_samples() -> None:
    rng = np.random.default_rng(8)
    votes = rng.integers(-1, 4, size=(12, 6))

    curves = majority_curves(votes, votes[::-1], rng=rng, n_draws=4_000)

    for gain in curves.gains:
        choices = [list(choice) for choice in combinations(range(6), gain.k)]
        exact = [np.mean([_majority(tuple(row[choice])) for choice in choices]) for row in votes]
        # 4,000 draws of 12 questions: 3 standard errors are below .007
        assert gain.base == pytest.approx(float(np.mean(exact)), abs=0.007)


def test_one_vote_and_all_votes_need_no_draw() -> None:
    votes = np.array([[0, 0, 1, 1], [0, 1, 2, -1], [-1, -1, -1, -1]])

    gains = majority_curves(votes, votes, rng=np.random.default_rng(9), n_draws=1).gains

    assert gains[0].base == pytest.approx((2 / 4 + 1 / 4) / 3)
    assert gains[-1].base == pytest.approx((1 / 2 + 1 / 3) / 3)


def test_the_same_generator_draws_the_same_votes() -> None:
    votes = np.random.default_rng(10).integers(-1, 3, size=(20, 8))

    first, second = (majority_curves(votes, votes, rng=np.random.default_rng(0)) for _ in range(2))

    assert first == second


def test_curves_of_a_full_split_with_64_samples_take_less_than_two_seconds() -> None:
    """Where they take 0.8 as a rule, the time of about 1,250 sums of long vectors."""
    rng = np.random.default_rng(11)
    base, trained = (answers(rng.beta(0.5, 0.5, size=1_319), 64, rng) for _ in range(2))

    start = time.process_time()
    pass_curves(base, trained)
    seconds = time.process_time() - start

    assert seconds < 32 * vector_seconds()


@pytest.mark.parametrize(
    ("base", "trained", "error"),
    [
        ([[1, 0]], [[1, 0], [0, 1]], NotComparableError),
        ([[1]], [[0]], InvalidInputError),
        ([[2, 0]], [[1, 0]], InvalidInputError),
    ],
)
def test_other_shapes_and_values_are_refused(
    base: list[list[int]], trained: list[list[int]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        pass_curves(base, trained)


def test_a_vote_below_minus_one_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="-1 none"):
        majority_curves([[-2, 0]], [[0, 0]], rng=np.random.default_rng(0))
