import itertools
import math
import sys

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats.sequential.betting import confidence_sequence
from evalsuite.stats.sequential.looks import e_process, e_value, look


@pytest.mark.parametrize(("losses", "gains"), [(0, 0), (0, 6), (3, 1), (5, 5), (2, 9)])
def test_e_value_is_the_averaged_likelihood_ratio(losses: int, gains: int) -> None:
    # B(b+1, c+1) = b! c! / (m+1)! in whole numbers
    m = losses + gains
    expected = 2**m * math.factorial(losses) * math.factorial(gains) / math.factorial(m + 1)

    assert e_value(losses, gains).e_value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("m", [0, 1, 7, 12])
def test_e_value_has_mean_one_without_a_difference(m: int) -> None:
    mean = sum(math.comb(m, b) * e_value(b, m - b).e_value for b in range(m + 1)) / 2**m

    assert mean == pytest.approx(1.0, abs=1e-12)


def test_e_value_is_fair_or_worse_at_every_draw_without_replacement() -> None:
    """From a split with equally many losses and gains the next draw never favours the bet."""
    half = 8
    for losses, gains in itertools.product(range(half + 1), repeat=2):
        left = 2 * half - losses - gains
        if left == 0:
            continue
        chance = (half - gains) / left
        after = 0.0
        if gains < half:
            after += chance * e_value(losses, gains + 1).e_value
        if losses < half:
            after += (1 - chance) * e_value(losses + 1, gains).e_value

        assert after <= e_value(losses, gains).e_value * (1 + 1e-12)


def test_e_value_of_huge_counts_is_finite_and_its_pvalue_not_zero() -> None:
    result = e_value(0, 100_000)

    assert result.e_value == pytest.approx(sys.float_info.max)
    assert math.isfinite(result.log_e_value)
    assert result.pvalue == sys.float_info.min


def test_balanced_evidence_has_pvalue_one() -> None:
    assert e_value(5, 5).pvalue == 1.0


def test_path_holds_the_e_value_after_every_question() -> None:
    outcomes = [1, 0, -1, 1, 1, 0, 1]

    result = e_process(outcomes)

    expected = [
        e_value(outcomes[:n].count(-1), outcomes[:n].count(1)).log_e_value for n in range(1, 8)
    ]
    assert result.log_e_values == pytest.approx(expected, abs=1e-12)


def test_anytime_pvalue_remembers_the_strongest_look() -> None:
    outcomes = [1] * 9 + [-1] * 9

    result = e_process(outcomes)

    assert result.pvalue == pytest.approx(1 / e_value(0, 9).e_value)
    assert result.stopped_at == 8  # 2^8 / 9 = 28.4; 2^7 / 8 = 16 was not enough
    assert e_process(outcomes, alpha=0.01).stopped_at is None


def test_concordant_questions_do_not_move_the_e_value() -> None:
    assert e_process([1, -1, 1]).log_e_values[-1] == e_process([1, 0, 0, -1, 0, 1]).log_e_values[-1]


def test_look_stops_on_an_improvement_and_on_a_regression() -> None:
    assert look([1] * 8, n_planned=500).reason == "improved"
    assert look([-1] * 8, n_planned=500).reason == "regressed"
    assert look([1] * 7, n_planned=500).action == "continue"


def test_a_decision_once_reached_stands() -> None:
    result = look([1] * 8 + [-1] * 8, n_planned=500)

    assert (result.reason, result.evidence.pvalue) == ("improved", 1.0)
    assert result.interval.low > 0  # intersected with the look of the decision


def test_look_says_exhausted_at_the_last_question() -> None:
    result = look([1, 0, -1, 0, 1], n_planned=5)

    assert (result.action, result.reason) == ("stop", "exhausted")


def test_look_is_futile_exactly_when_no_continuation_can_decide() -> None:
    """Against all continuations of length up to 8."""
    cases = [(8, [0]), (8, [1]), (9, [1, -1]), (10, [1, 1, 0]), (9, [1, 0])]
    for n_planned, outcomes in [
        *cases,
        (8, [-1]),
        (10, [-1, -1, 0]),
        (9, [-1, 0]),
        (11, [-1, 1, -1]),
    ]:
        left = n_planned - len(outcomes)
        reachable = any(
            e_process([*outcomes, *rest]).stopped_at is not None
            for rest in itertools.product((-1, 1), repeat=left)
        )

        assert (look(outcomes, n_planned=n_planned).reason == "futile") is not reachable


def test_look_stops_for_equivalence_inside_the_margin() -> None:
    outcomes = np.tile([0] * 49 + [1, -1], 60)[:2_000]

    result = look(outcomes, n_planned=5_000, margin=0.05)

    assert result.reason == "equivalent"
    assert result.interval.low > -0.05
    assert result.interval.high < 0.05
    assert look(outcomes, n_planned=5_000).reason == "undecided"


@pytest.mark.parametrize("sign", [-1, 1])
def test_both_ends_must_lie_inside_the_margin(sign: int) -> None:
    result = look([sign] * 5 + [0] * 120, n_planned=500, margin=0.1)

    assert min(abs(result.interval.low), abs(result.interval.high)) < 0.1
    assert max(abs(result.interval.low), abs(result.interval.high)) > 0.1
    assert result.reason == "undecided"


def test_look_decides_at_its_own_alpha() -> None:
    assert look([1] * 6, n_planned=500, alpha=0.2).reason == "improved"
    assert look([1] * 8, n_planned=500, alpha=0.01).reason == "undecided"


def test_look_goes_on_while_equivalence_is_possible() -> None:
    outcomes = [0] * 100

    # 3 questions cannot show a difference; whether they can show equivalence depends on margin
    assert look(outcomes, n_planned=103, margin=0.2).reason == "equivalent"
    assert look(outcomes, n_planned=103, margin=0.001).reason == "futile"
    just_above = confidence_sequence([0] * 103).interval.high + 0.0005
    assert look(outcomes, n_planned=103, margin=just_above).reason == "undecided"


@pytest.mark.parametrize(("lead", "left"), [(4, 2), (2, 4), (0, 3)])
def test_equivalence_is_given_up_exactly_when_no_continuation_reaches_it(
    lead: int, left: int
) -> None:
    outcomes = [1] * lead + [0] * 60
    best = min(
        max(abs(interval.low), abs(interval.high))
        for rest in itertools.product((-1, 0, 1), repeat=left)
        for interval in [confidence_sequence([*outcomes, *rest]).interval]
    )

    planned = len(outcomes) + left
    assert look(outcomes, n_planned=planned, margin=best + 1e-4).reason == "undecided"
    assert look(outcomes, n_planned=planned, margin=best - 1e-4).reason == "futile"


def test_look_validates_input() -> None:
    with pytest.raises(InvalidInputError, match="3 outcomes for n_planned 2"):
        look([0, 1, 0], n_planned=2)
    with pytest.raises(InvalidInputError, match="margin"):
        look([0], n_planned=2, margin=0.0)
    with pytest.raises(InvalidInputError, match="alpha"):
        e_process([0], alpha=5)
    with pytest.raises(InvalidInputError, match="losses is -1"):
        e_value(-1, 2)
