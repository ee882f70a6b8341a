"""Planning: the answer is the first that lasts, and the smallest gain that is seen."""

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import (
    connor_questions,
    power,
    required_questions,
    smallest_detectable_gain,
    smallest_detectable_gain_if_independent,
    smallest_detectable_gain_with_losses,
)


@pytest.mark.parametrize("test", ["exact", "mid-p"])
@pytest.mark.parametrize("cells", [(0.0, 0.2), (0.05, 0.25), (0.12, 0.32), (0.0, 0.5), (0.3, 0.1)])
def test_required_questions_are_the_first_whose_power_lasts(
    cells: tuple[float, float], test: str
) -> None:
    enough = [power(n, *cells, test=test) >= 0.8 for n in range(1, 400)]  # type: ignore[arg-type]
    expected = next(i for i in range(len(enough)) if all(enough[i : i + 61])) + 1

    assert required_questions(*cells, test=test) == expected  # type: ignore[arg-type]


def test_power_is_saw_toothed_so_the_first_size_is_not_enough() -> None:
    """If every question differs, 20 reach 80% power, 21 fall below it, and 23 keep it."""
    assert power(20, 0.2, 0.8) >= 0.8 > power(21, 0.2, 0.8)
    assert required_questions(0.2, 0.8) == 23


def test_a_large_answer_agrees_with_a_scan_from_below() -> None:
    result = required_questions(0.04, 0.06)

    assert power(result - 1, 0.04, 0.06) < 0.8
    assert all(power(n, 0.04, 0.06) >= 0.8 for n in range(result, result + 61))


def test_a_loss_needs_as_many_questions_as_a_gain() -> None:
    assert required_questions(0.25, 0.05) == required_questions(0.05, 0.25)


def test_more_power_or_a_stricter_alpha_needs_more_questions() -> None:
    usual = required_questions(0.05, 0.25)

    assert required_questions(0.05, 0.25, power=0.9) > usual
    assert required_questions(0.05, 0.25, alpha=0.01) > usual


def test_equal_probabilities_leave_nothing_to_see() -> None:
    with pytest.raises(InvalidInputError, match="no gain to see"):
        connor_questions(0.2, 0.2)


def test_a_gain_beyond_a_million_questions_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="ask for a larger gain"):
        required_questions(0.2, 0.2003)


@pytest.mark.parametrize("n", [20, 100, 1319])
@pytest.mark.parametrize("test", ["exact", "mid-p"])
def test_the_smallest_gain_is_just_seen(n: int, test: str) -> None:
    gain = smallest_detectable_gain_with_losses(n, 0.05, test=test)  # type: ignore[arg-type]
    assert gain is not None

    assert power(n, 0.05, 0.05 + gain, test=test) == pytest.approx(0.8, abs=1e-6)  # type: ignore[arg-type]


def test_a_gain_cannot_exceed_the_discordance() -> None:
    assert smallest_detectable_gain(20, 0.2) is None
    assert smallest_detectable_gain(20, 0.0) is None
    assert smallest_detectable_gain_if_independent(20, 1.0) is None
    assert smallest_detectable_gain_with_losses(20, 0.5) is None


@pytest.mark.parametrize("cells", [(0.09, 0.1), (0.24, 0.26), (0.3, 0.33), (0.39, 0.41)])
@pytest.mark.parametrize("test", ["exact", "mid-p"])
def test_very_large_answers_are_within_a_thousandth_of_the_enumeration(
    cells: tuple[float, float], test: str
) -> None:
    result = required_questions(*cells, test=test)  # type: ignore[arg-type]  # one of two
    nearby = int(result / 1000) + 1

    assert power(result + nearby, *cells, test=test) >= 0.8  # type: ignore[arg-type]
    assert power(result - nearby, *cells, test=test) < 0.8  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p_gain", "wanted", "alpha"), [(0.1, 0.99, 0.001), (0.2, 0.99, 0.001), (0.2, 0.99999, 1e-6)]
)
def test_a_start_above_the_answer_is_not_the_answer(
    p_gain: float, wanted: float, alpha: float
) -> None:
    """Without losses and at strict levels Connor's formula asks for far too many questions."""
    enough = [power(n, 0.0, p_gain, alpha=alpha, test="mid-p") >= wanted for n in range(1, 600)]
    first = next(i for i in range(500) if all(enough[i : i + 61])) + 1

    assert required_questions(0.0, p_gain, power=wanted, alpha=alpha, test="mid-p") == first


@pytest.mark.parametrize("counts", [(0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (1, 2), (0, 0)])
def test_hardly_any_discordance_has_no_visible_gain(counts: tuple[int, int]) -> None:
    """One or two discordant of 1,319: no gain of any size would show at such a discordance."""
    assert smallest_detectable_gain(1_319, sum(counts) / 1_319) is None
    assert smallest_detectable_gain(5_000, 1 / 1_319) is None


@pytest.mark.parametrize(("counts", "needed"), [((0, 1), 10_427), ((2, 0), 5_213)])
def test_one_or_two_discordant_questions_still_plan(counts: tuple[int, int], needed: int) -> None:
    losses, gains = counts

    assert required_questions(losses / 1_319, gains / 1_319) == needed
