import itertools
import math

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats.sequential.betting import (
    _log_capital_without_replacement,
    confidence_sequence,
    log_capital,
)
from evalsuite.stats.sequential.looks import e_value

VALUES = np.array([-1.0, 0.0, 1.0])
COUNTS = [(0, 5, 0), (1, 2, 3), (10, 70, 20), (132, 1_016, 171), (900, 8_000, 1_100), (0, 0, 6)]


@pytest.mark.parametrize("counts", COUNTS)
def test_capital_against_no_gain_is_the_e_value(counts: tuple[int, int, int]) -> None:
    result = log_capital(VALUES, np.array(counts), 0.0).hedged

    assert result == pytest.approx(e_value(counts[0], counts[2]).log_e_value, abs=1e-8)


@pytest.mark.parametrize("gain", [-0.6, 0.0, 0.1, 0.45])
def test_capital_against_the_truth_has_mean_one(gain: float) -> None:
    """Exactly: every table of 9 independent questions with mean ``gain``."""
    n, discordance = 9, max(0.7, abs(gain))
    p_gain, p_loss = (discordance + gain) / 2, (discordance - gain) / 2
    mean = 0.0
    for losses, gains in itertools.product(range(n + 1), repeat=2):
        alike = n - losses - gains
        if alike < 0:
            continue
        ways = math.factorial(n) / math.prod(map(math.factorial, (losses, gains, alike)))
        chance = ways * p_loss**losses * p_gain**gains * (1 - discordance) ** alike
        mean += chance * math.exp(
            log_capital(VALUES, np.array([losses, alike, gains]), gain).hedged
        )

    assert mean == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    "split", [(1, 1, 0, -1, 1, 0), (0, 0, 0, 0, 0, 1), (0.5, -1, 0.25, 1, 0, 0)]
)
@pytest.mark.parametrize("drawn", [1, 3, 6])
def test_capital_without_replacement_has_mean_one(split: tuple[float, ...], drawn: int) -> None:
    """Exactly: every order in which a split of six questions can be drawn."""
    truth = sum(split) / 6
    capitals = []
    for order in itertools.permutations(split):
        steps = np.array(order[:drawn], dtype=float)
        before = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
        means = (6 * truth - before) / (6 - np.arange(drawn))
        capitals.append(math.exp(_log_capital_without_replacement(steps, means).hedged))

    assert np.mean(capitals) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("gain", [-0.3, 0.02, 0.2])
def test_quadrature_agrees_with_a_fine_sum(counts: tuple[int, int, int], gain: float) -> None:
    r = (np.arange(200_000) + 0.5) / 200_000

    def average(sign: int) -> float:
        bets = sign * r / (1 + sign * gain)
        logs = sum(
            count * np.log1p(bets * (value - gain))
            for value, count in zip(VALUES, counts, strict=True)
        )
        top = float(np.max(logs))
        return top + math.log(float(np.mean(np.exp(logs - top))))

    result = log_capital(VALUES, np.array(counts), gain)

    assert result.up == pytest.approx(average(1), rel=1e-4, abs=1e-4)
    assert result.down == pytest.approx(average(-1), rel=1e-4, abs=1e-4)


def test_kept_gains_form_one_interval() -> None:
    """For every table of 10 questions the capital crosses 20 at most once on each side."""
    grid = np.linspace(-0.995, 0.995, 200)
    for losses, gains in itertools.product(range(11), repeat=2):
        if losses + gains > 10:
            continue
        counts = np.array([losses, 10 - losses - gains, gains])
        kept = [bool(log_capital(VALUES, counts, g).hedged < math.log(20)) for g in grid]

        assert np.count_nonzero(np.diff(kept)) <= 2
        result = confidence_sequence(np.repeat([-1, 0, 1], counts)).interval
        for gain, is_kept in zip(grid, kept, strict=True):
            assert bool(result.low - 1e-6 <= gain <= result.high + 1e-6) is is_kept


@pytest.mark.parametrize(("gains", "excluded"), [(7, False), (8, True)])
def test_zero_is_excluded_exactly_when_the_e_value_rejects(gains: int, excluded: bool) -> None:
    result = confidence_sequence([1] * gains + [0] * 30).interval

    assert (e_value(0, gains).e_value >= 20) is excluded
    assert (result.low > 0) is excluded


def test_order_is_irrelevant_at_a_single_look() -> None:
    outcomes = [1, 0, -1, 1, 1, 0, 0, 1]

    assert confidence_sequence(outcomes) == confidence_sequence(sorted(outcomes))


def test_sequence_never_widens_and_ends_with_the_interval() -> None:
    rng = np.random.default_rng(2)
    result = confidence_sequence(rng.choice([-1, 0, 1], 200), looks=range(10, 201, 10))

    lows, highs = [i.low for i in result.intervals], [i.high for i in result.intervals]
    assert lows == sorted(lows)
    assert highs == sorted(highs, reverse=True)
    assert result.interval == result.intervals[-1]


def test_without_replacement_the_last_question_leaves_a_point() -> None:
    outcomes = [1, 0, -1, 1, 0, 0, 1]
    result = confidence_sequence(outcomes, population=7)

    assert result.interval.low == pytest.approx(2 / 7)
    assert result.interval.high == pytest.approx(2 / 7)


def test_without_replacement_never_leaves_what_is_still_possible() -> None:
    result = confidence_sequence([1, 1, 1, 0, 1], population=8).interval

    assert result.low >= (4 - 3) / 8 - 1e-9
    assert result.high <= (4 + 3) / 8 + 1e-9


def test_a_small_part_of_a_huge_split_is_like_independent_questions() -> None:
    outcomes = np.random.default_rng(0).choice([-1, 0, 1], 60, p=[0.1, 0.6, 0.3])

    finite = confidence_sequence(outcomes, population=10_000_000).interval
    independent = confidence_sequence(outcomes).interval

    assert (finite.low, finite.high) == pytest.approx((independent.low, independent.high), abs=1e-4)


def test_much_of_the_split_seen_makes_the_interval_shorter() -> None:
    outcomes = np.random.default_rng(0).choice([-1, 0, 1], 200, p=[0.1, 0.6, 0.3])

    finite = confidence_sequence(outcomes, population=250).interval
    independent = confidence_sequence(outcomes).interval

    assert finite.high - finite.low < 0.6 * (independent.high - independent.low)


def test_no_gain_surviving_leaves_a_single_one() -> None:
    """All gains first, all losses after: an order that chance does not produce."""
    result = confidence_sequence([1] * 60 + [-1] * 60, looks=[60, 90, 120], population=120)

    assert result.interval.low == result.interval.high


def test_sampled_answers_may_be_fractions() -> None:
    fractions = [0.25, 0.5, 0.0, -0.25, 0.75] * 8

    result = confidence_sequence(fractions).interval

    assert 0 < result.low < 0.25 < result.high
    # values between the ends spread less, so the interval is shorter than for single answers
    single = confidence_sequence([1, 0, 0, 0, 0, 0, 0, 1, 0, 0] * 4 + [1] * 2).interval
    assert result.high - result.low < single.high - single.low


def test_confidence_sequence_validates_input() -> None:
    with pytest.raises(InvalidInputError, match="looks are"):
        confidence_sequence([0, 1], looks=[2, 1])
    with pytest.raises(InvalidInputError, match="looks are"):
        confidence_sequence([0, 1], looks=[3])
    with pytest.raises(InvalidInputError, match="population is 1"):
        confidence_sequence([0, 1], population=1)
    with pytest.raises(InvalidInputError, match="confidence_level"):
        confidence_sequence([0, 1], confidence_level=1.0)
