from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import mcnemar
from evalsuite.stats.sequential.planned import futile_below, planned_look, planned_numbers


def in_order(*steps: tuple[int, int]) -> list[int]:
    """Outcomes in order, from pairs of an outcome and how often it comes."""
    return [outcome for outcome, times in steps for _ in range(times)]


def test_looks_are_equally_spaced_and_the_last_is_the_whole() -> None:
    assert planned_numbers(1_319) == (264, 528, 792, 1_056, 1_319)
    assert planned_numbers(3) == (1, 2, 3)


def test_one_look_is_the_exact_test() -> None:
    for losses, gains in ((3, 12), (4, 14), (0, 6), (0, 5), (9, 9)):
        steps = in_order((-1, losses), (1, gains), (0, 7))
        whole = planned_look(steps, n_planned=len(steps), looks=1)

        assert whole.pvalue == pytest.approx(mcnemar(losses, gains).pvalue, rel=2e-6)
        assert (whole.reason == "improved") == (mcnemar(losses, gains).pvalue <= 0.05)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_rate_over_all_looks_is_never_above_alpha(alpha: float) -> None:
    """Enumeration: every sequence of 12 differing questions, three looks, going on after futile."""
    crossed = 0
    for wins in product(range(5), repeat=3):  # gains among the four questions before each look
        steps = [step for won in wins for step in in_order((1, won), (-1, 4 - won))]
        looks = [planned_look(steps[:n], n_planned=12, looks=3, alpha=alpha) for n in (4, 8, 12)]
        ways = math.prod(math.comb(4, won) for won in wins)
        crossed += ways * any(look.reason in ("improved", "regressed") for look in looks)

    assert 0 < crossed / 2**12 <= alpha


def test_a_bound_once_reached_stays_reached() -> None:
    reached = planned_look([1] * 40, n_planned=100)
    later = planned_look([1] * 40 + [-1] * 20, n_planned=100)

    assert reached.reason == later.reason == "improved"
    assert later.interval.low > 0


def test_interval_and_bound_agree_on_zero() -> None:
    rng = np.random.default_rng(2)
    for _ in range(40):
        psi, gain = rng.uniform(0.05, 0.6), rng.uniform(0, 0.05)
        steps = rng.choice([-1, 0, 1], size=120, p=[(psi - gain) / 2, 1 - psi, (psi + gain) / 2])
        for n in planned_numbers(120):
            look = planned_look(steps[:n], n_planned=120)
            excludes = look.interval.low > 0 or look.interval.high < 0

            assert excludes == (look.reason in ("improved", "regressed"))
            assert excludes == (look.pvalue <= 0.05)


def test_swapping_the_models_swaps_the_look() -> None:
    steps = np.array(in_order((1, 50), (-1, 10), (0, 100)))
    here, there = planned_look(steps, n_planned=400), planned_look(-steps, n_planned=400)

    assert (here.pvalue, here.reason) == (there.pvalue, "improved")
    assert there.reason == "regressed"
    assert here.interval.low == pytest.approx(-there.interval.high)


def test_nothing_to_find_is_given_up_from_the_second_look_on() -> None:
    numbers = planned_numbers(1_319)

    assert futile_below(numbers, 1, 0.05) == 0
    assert futile_below(numbers, 3, 0.05) == pytest.approx(0.76, abs=0.01)
    assert futile_below(numbers, 5, 0.05) == 0
    assert planned_look(in_order((0, 264)), n_planned=1_319).action == "continue"
    assert planned_look(in_order((0, 528)), n_planned=1_319).reason == "futile"


def test_two_alike_models_are_equivalent_as_soon_as_the_interval_says_so() -> None:
    assert planned_look([0] * 1_056, n_planned=1_319, margin=0.02).reason == "equivalent"


def test_the_last_look_without_a_result_is_exhausted() -> None:
    look = planned_look([1, -1] * 10, n_planned=20)

    assert (look.action, look.reason, look.pvalue) == ("stop", "exhausted", 1.0)


def test_another_number_than_planned_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="looks are planned at 20, 40"):
        planned_look([1] * 21, n_planned=100)
