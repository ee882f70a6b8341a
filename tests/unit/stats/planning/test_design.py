"""Planning rows: each number from the function that stands for it, discordance within bounds."""

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import (
    discordance_range,
    needs_of,
    power,
    powers_at,
    required_questions,
    sights_of,
    smallest_detectable_gain,
)


def test_needs_rise_with_the_discordance() -> None:
    needs = needs_of(0.2, 0.2)

    assert [need.discordance for need in needs] == pytest.approx([0.2, 0.44, 0.6])
    assert [need.exact for need in needs] == [39, 91, 124]
    for need in needs:
        assert need.p_gain - need.p_loss == pytest.approx(0.2)
        assert need.mid_p == required_questions(need.p_loss, need.p_gain, test="mid-p")


def test_a_loss_is_planned_like_a_gain() -> None:
    (need,) = needs_of(0.55, -0.05, discordance=0.25)

    assert (need.p_loss, need.p_gain) == pytest.approx((0.15, 0.10))
    assert (need.assumption, need.exact, need.mid_p, need.connor) == ("given", 817, 779, 783)


@pytest.mark.parametrize("discordance", [0.1, 0.7, 1.5])
def test_a_discordance_the_accuracies_exclude_is_refused(discordance: float) -> None:
    with pytest.raises(InvalidInputError, match="discordance is"):
        needs_of(0.2, 0.2, discordance=discordance)


@pytest.mark.parametrize(("base", "gain"), [(0.2, 0.9), (0.2, -0.3), (1.2, 0.1), (0.2, 0.0)])
def test_accuracies_outside_0_to_1_and_no_gain_are_refused(base: float, gain: float) -> None:
    with pytest.raises(InvalidInputError):
        needs_of(base, gain)


def test_powers_are_those_of_the_test_asked_for() -> None:
    result = powers_at((20, 91), 0.2, 0.2, test="mid-p")

    assert len(result) == 6
    assert result[1].power == pytest.approx(power(20, 0.12, 0.32, test="mid-p"))
    assert (result[4].n, result[4].assumption) == (91, "independent")


def test_sights_give_the_given_discordance_only_when_given() -> None:
    (without,) = sights_of((200,), 0.5)
    (given,) = sights_of((200,), 0.5, discordance=0.3)

    assert without.given is None
    assert given.given == smallest_detectable_gain(200, 0.3)
    assert given.without_losses == without.without_losses


def test_discordance_lies_between_the_gain_and_what_the_margins_allow() -> None:
    """Independence is not the maximum: .44 against .60 for 20% -> 40%."""
    bounds = discordance_range(0.55, 0.5)

    assert (bounds.low, bounds.independent, bounds.high) == pytest.approx((0.05, 0.5, 0.95))
