"""Questions that a gain needs, and the smallest gain that a run can see.

Both depend on the discordance: how often the two models differ at all. It is unknown before the
run; ``discordance_range`` in ``design`` bounds it. Nothing here computes power at an observed gain,
which would only restate the p-value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy.special import ndtri

from evalsuite.errors import InvalidInputError
from evalsuite.stats.arguments import check_choice, check_count, check_level, check_probability
from evalsuite.stats.planning.exact_power import (
    PlanningTest,
    check_cells,
    rejection_probabilities,
    rejection_probability,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "connor_questions",
    "required_questions",
    "smallest_detectable_gain",
    "smallest_detectable_gain_if_independent",
    "smallest_detectable_gain_with_losses",
]

HOLDS_FOR = 60
"""Power is saw-toothed in n; a size counts when power also holds for the next 60 sizes."""
MOST_QUESTIONS = 1_000_000
"""More than any task holds; also keeps every count exact in a float."""
_CLOSEST = 1e-12
"""Width of the bracket at which a search for a gain ends."""
MOST_ENUMERATED = 2_000
"""Variance of the discordant questions above which Connor's formula, corrected, takes over: the
two then agree within 0.1 percent, and enumeration would take seconds."""


def required_questions(
    p_loss: float,
    p_gain: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> int:
    """Find the fewest questions from which the test keeps at least the wanted power.

    Parameters
    ----------
    p_loss, p_gain
        Probability that a question is answered correctly by base only, by trained only.
    power
        Wanted probability that the test rejects.
    alpha
        Two-sided level of the test.
    test
        ``exact`` or ``mid-p``.

    Returns
    -------
    int
        The first n with that power at n and at the next 60 sizes, by exact enumeration. Where
        thousands of discordant questions are needed (some 8,000 questions and more), Connor's
        formula with a continuity correction, which is then within 0.1 percent of it.

    Raises
    ------
    InvalidInputError
        For bad inputs, equal probabilities (nothing to see), and answers above a million.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015: the exact power, here solved for n. Connor (1987),
    Biometrics 43, 207-211; its correction: Fleiss, Levin & Paik (2003), Statistical Methods for
    Rates and Proportions, 3rd edition, section 4.2.

    Examples
    --------
    20% -> 40%, if the models differ on 30% of the questions:

    >>> required_questions(0.05, 0.25)
    61
    """
    p_loss, p_gain = check_cells(p_loss, p_gain)
    power, alpha, test = _check_policy(power, alpha, test)
    connor, gain = _connor(p_loss, p_gain, power, alpha), abs(p_gain - p_loss)
    _check_size(connor, gain)
    discordant = connor * (p_loss + p_gain)
    if discordant * (1 - p_loss - p_gain) > MOST_ENUMERATED:
        return _continuity_corrected(connor, gain, test)

    def are_enough(sizes: np.ndarray) -> np.ndarray:
        return rejection_probabilities(sizes, p_loss, p_gain, alpha, test) >= power

    # the exact size lies a few percent above Connor's; starting two standard deviations of m below
    # it spares the small sizes. At strict levels a gain without losses needs fewer even so: the
    # normal law overrates its tails. A start that is enough may be too large, so it is halved
    start = max(1, int(connor * (1 - 2 / math.sqrt(discordant))))
    while (n := _first_lasting(are_enough, start)) == start > 1:
        start //= 2
    return n


def connor_questions(
    p_loss: float, p_gain: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Approximate ``required_questions`` by Connor's formula, a cross-check.

    About right for the mid-p test, 3 to 6 percent short for the exact one.

    Parameters
    ----------
    p_loss, p_gain
        Probability that a question is answered correctly by base only, by trained only.
    power
        Wanted probability that the test rejects.
    alpha
        Two-sided level of the test.

    Returns
    -------
    int

    Raises
    ------
    InvalidInputError
        For bad inputs and equal probabilities.

    References
    ----------
    Connor (1987), Biometrics 43, 207-211.

    Examples
    --------
    >>> connor_questions(0.05, 0.25)
    57
    """
    p_loss, p_gain = check_cells(p_loss, p_gain)
    power, alpha, _ = _check_policy(power, alpha, "exact")
    return math.ceil(_connor(p_loss, p_gain, power, alpha) - 1e-9)


def smallest_detectable_gain(
    n: int,
    discordance: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> float | None:
    """Find the smallest gain that n questions show with the wanted power.

    Parameters
    ----------
    n
        Questions, at least 1.
    discordance
        How often the models differ, in 0 .. 1.
    power
        Wanted probability that the test rejects.
    alpha
        Two-sided level of the test.
    test
        ``exact`` or ``mid-p``.

    Returns
    -------
    float or None
        A fraction; None where not even all discordant questions going one way would do.

    Raises
    ------
    InvalidInputError
        For bad inputs.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015: the exact power, here solved for the gain.

    Examples
    --------
    >>> round(smallest_detectable_gain(200, 0.3), 3)
    0.111
    >>> smallest_detectable_gain(5, 0.3) is None
    True
    """
    discordance = check_probability(discordance, "discordance")
    return _smallest(
        n,
        lambda gain: ((discordance - gain) / 2, (discordance + gain) / 2),
        discordance,
        (power, alpha, test),
    )


def smallest_detectable_gain_with_losses(
    n: int,
    p_loss: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> float | None:
    """Find the smallest gain that n questions show when training breaks a given share of them.

    Parameters
    ----------
    n
        Questions, at least 1.
    p_loss
        Probability of a loss; 0 is the best case, a model that only improves.
    power, alpha, test
        As in ``smallest_detectable_gain``.

    Returns
    -------
    float or None
        A fraction; None where no gain would do.

    Raises
    ------
    InvalidInputError
        For bad inputs.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015: the exact power, here solved for the gain.

    Examples
    --------
    >>> round(smallest_detectable_gain_with_losses(20, 0.0), 3)
    0.366
    """
    p_loss = check_probability(p_loss, "p_loss")
    return _smallest(n, lambda gain: (p_loss, p_loss + gain), 1 - 2 * p_loss, (power, alpha, test))


def smallest_detectable_gain_if_independent(
    n: int,
    base: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> float | None:
    """Find the smallest gain that n questions show when the models' answers are unrelated.

    Parameters
    ----------
    n
        Questions, at least 1.
    base
        Accuracy of the base model.
    power, alpha, test
        As in ``smallest_detectable_gain``.

    Returns
    -------
    float or None
        A fraction; None where no gain would do.

    Raises
    ------
    InvalidInputError
        For bad inputs.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015: the exact power, here solved for the gain.

    Examples
    --------
    >>> round(smallest_detectable_gain_if_independent(100, 0.5), 3)
    0.203
    """
    base = check_probability(base, "base")
    return _smallest(
        n,
        lambda gain: (base * (1 - base - gain), (1 - base) * (base + gain)),
        1 - base,
        (power, alpha, test),
    )


def _check_policy(power: object, alpha: object, test: object) -> tuple[float, float, PlanningTest]:
    power, alpha = check_level(power, "power"), check_level(alpha, "alpha")
    if power <= alpha:
        raise InvalidInputError(
            "power is {power:g}, but it must exceed alpha {alpha:g}; ask for 0.8 or more",
            power=power,
            alpha=alpha,
        )
    return power, alpha, cast("PlanningTest", check_choice(test, "test", ("exact", "mid-p")))


def _connor(p_loss: float, p_gain: float, power: float, alpha: float) -> float:
    gain = abs(p_gain - p_loss)
    if gain <= 1e-12:
        raise InvalidInputError(
            "p_loss and p_gain are both {p_gain:g}, so there is no gain to see; make them differ",
            p_gain=p_gain,
        )
    discordance = p_loss + p_gain
    of_test = -float(ndtri(alpha / 2)) * math.sqrt(discordance)
    of_power = float(ndtri(power)) * math.sqrt(max(discordance - gain**2, 0.0))
    return ((of_test + of_power) / gain) ** 2


def _check_size(connor: float, gain: float) -> None:
    if connor > MOST_QUESTIONS:
        raise InvalidInputError(
            "a gain of {gain:.2g} needs about {connor:.2g} questions, beyond the {most:,} this "
            "plans for; ask for a larger gain",
            gain=gain,
            connor=connor,
            most=MOST_QUESTIONS,
        )


def _continuity_corrected(connor: float, gain: float, test: PlanningTest) -> int:
    """Add to Connor's size what the steps of the exact test cost (Fleiss); mid-p pays nothing."""
    if test == "exact":
        connor *= ((1 + math.sqrt(1 + 4 / (connor * gain))) / 2) ** 2
    return math.ceil(connor)


def _first_lasting(are_enough: Callable[[np.ndarray], np.ndarray], start: int) -> int:
    """Find the first n from which a claim holds for HOLDS_FOR more, leaping over failures."""
    n = start
    while True:
        failures = np.flatnonzero(~are_enough(np.arange(n, n + HOLDS_FOR + 1)))
        if failures.size == 0:
            return n
        n += int(failures[-1]) + 1  # every start up to the last failure fails as well


def _smallest(
    n: int,
    cells: Callable[[float], tuple[float, float]],
    largest: float,
    policy: tuple[object, object, object],
) -> float | None:
    n = check_count(n, "n", minimum=1)
    power, alpha, test = _check_policy(*policy)

    def excess(gain: float) -> float:
        p_loss, p_gain = cells(gain)
        return rejection_probability(n, max(p_loss, 0.0), p_gain, alpha, test) - power

    if largest <= 0 or excess(largest) < 0:
        return None
    return _first_seen(excess, largest)


def _first_seen(excess: Callable[[float], float], largest: float) -> float:
    """Find the smallest gain whose ``excess`` is not negative, to 1e-12; at ``largest`` it is not.

    Regula falsi with Illinois's rule: a fourth of the steps of halving, each of which sums a law.
    """
    # a gain of 0 rejects with at most alpha, below the power: a bracket
    low, high = 0.0, largest
    below, above = excess(low), excess(high)
    was_seen: bool | None = None
    while high - low > _CLOSEST:
        middle = high - above * (high - low) / (above - below)
        if not low < middle < high:
            middle = (low + high) / 2
        value = excess(middle)
        is_seen = value >= 0
        if is_seen:
            high, above = middle, value
            below = below / 2 if was_seen else below
        else:
            low, below = middle, value
            above = above / 2 if was_seen is False else above
        was_seen = is_seen
    return high
