"""Designs before a run: what a hoped-for gain needs, and what a number of questions sees.

The discordance is unknown beforehand, so without one every answer is given at its least possible,
unrelated and most possible value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_count, check_probability
from evalsuite.stats.planning.exact_power import PlanningTest, power
from evalsuite.stats.planning.required import (
    connor_questions,
    required_questions,
    smallest_detectable_gain,
    smallest_detectable_gain_if_independent,
    smallest_detectable_gain_with_losses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Assumption",
    "DiscordanceRange",
    "Need",
    "PowerAt",
    "Sight",
    "discordance_range",
    "needs_of",
    "powers_at",
    "sights_of",
]

Assumption = Literal["least", "independent", "most", "given"]
"""Where a discordance comes from: the bounds, unrelated answers, or the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordanceRange:
    """How often two models of given accuracies can differ, as fractions of the questions."""

    base: float
    trained: float
    low: float
    """As rarely as the two accuracies allow: every change goes one way."""
    independent: float
    """If knowing one answer told nothing about the other; real pairs lie below."""
    high: float
    """As often as the two accuracies allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Questions that show a gain under one discordance."""

    assumption: Assumption
    discordance: float
    p_loss: float
    p_gain: float
    exact: int
    mid_p: int
    connor: int
    """The usual approximation, a cross-check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The smallest gains a number of questions shows; None where none would."""

    n: int
    without_losses: float | None
    """If training breaks nothing."""
    given: float | None
    """At the discordance the user assumed."""
    independent: float | None
    """If the two models' answers were unrelated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerAt:
    """The chance that a number of questions shows the hoped-for gain."""

    n: int
    assumption: Assumption
    discordance: float
    power: float


def discordance_range(base: float, trained: float) -> DiscordanceRange:
    """Bound how often two models of given accuracies can differ.

    Parameters
    ----------
    base, trained
        Accuracies, 0 .. 1.

    Returns
    -------
    DiscordanceRange

    Raises
    ------
    InvalidInputError
        For a number outside 0 to 1.

    References
    ----------
    Fréchet (1951): the bounds of a 2x2 table with given margins; Annales de l'Université de Lyon
    A 14, 53-77.

    Examples
    --------
    >>> bounds = discordance_range(0.2, 0.4)
    >>> round(bounds.low, 3), round(bounds.independent, 3), round(bounds.high, 3)
    (0.2, 0.44, 0.6)
    """
    base = check_probability(base, "base")
    trained = check_probability(trained, "trained")
    return DiscordanceRange(
        base=base,
        trained=trained,
        low=abs(trained - base),
        independent=base + trained - 2 * base * trained,
        high=min(base + trained, 2 - base - trained),
    )


def needs_of(
    base: float,
    gain: float,
    *,
    discordance: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> tuple[Need, ...]:
    """Find how many questions show a gain.

    Parameters
    ----------
    base
        Accuracy of the base model.
    gain
        Hoped for, as a fraction; negative for a loss.
    discordance
        How often the models will differ; None gives its bounds and the unrelated case.
    power
        Wanted probability that the test rejects.
    alpha
        Two-sided level.

    Returns
    -------
    tuple of Need
        One, or three of rising discordance.

    Raises
    ------
    InvalidInputError
        For a gain of 0, accuracies outside 0 to 1, or a discordance these accuracies exclude.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015.

    Examples
    --------
    >>> [(need.assumption, need.exact) for need in needs_of(0.2, 0.2)]
    [('least', 39), ('independent', 91), ('most', 124)]
    """
    return tuple(
        Need(
            assumption=assumption,
            discordance=rate,
            p_loss=p_loss,
            p_gain=p_gain,
            exact=required_questions(p_loss, p_gain, power=power, alpha=alpha),
            mid_p=required_questions(p_loss, p_gain, power=power, alpha=alpha, test="mid-p"),
            connor=connor_questions(p_loss, p_gain, power=power, alpha=alpha),
        )
        for assumption, rate in _rates(base, gain, discordance)
        for p_loss, p_gain in [_cells(rate, gain)]
    )


def powers_at(
    sizes: Sequence[int],
    base: float,
    gain: float,
    *,
    discordance: float | None = None,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> tuple[PowerAt, ...]:
    """Find the chance of showing a gain with given numbers of questions.

    Parameters
    ----------
    sizes
        Numbers of questions.
    base, gain, discordance
        As in ``needs_of``.
    alpha
        Two-sided level.
    test
        ``exact`` or ``mid-p``.

    Returns
    -------
    tuple of PowerAt
        For each size, one or three of rising discordance.

    Raises
    ------
    InvalidInputError
        As ``needs_of``, and for a bad size.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015.

    Examples
    --------
    Whether 200 questions show 55% -> 60% hangs on how often the models differ:

    >>> [(at.assumption, round(at.power, 2)) for at in powers_at([200], 0.55, 0.05)]
    [('least', 0.94), ('independent', 0.15), ('most', 0.1)]
    """
    rates = _rates(base, gain, discordance)
    return tuple(
        PowerAt(
            n=n,
            assumption=assumption,
            discordance=rate,
            power=power(n, *_cells(rate, gain), alpha=alpha, test=test),
        )
        for n in sizes
        for assumption, rate in rates
    )


def sights_of(
    sizes: Sequence[int],
    base: float,
    *,
    discordance: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> tuple[Sight, ...]:
    """Find the smallest gains that given numbers of questions show.

    Parameters
    ----------
    sizes
        Numbers of questions.
    base
        Accuracy of the base model, for the unrelated case.
    discordance
        How often the models will differ, where one is assumed.
    power
        Wanted probability that the test rejects.
    alpha
        Two-sided level.
    test
        ``exact`` or ``mid-p``.

    Returns
    -------
    tuple of Sight

    Raises
    ------
    InvalidInputError
        For a bad size, probability or level.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015.

    Examples
    --------
    >>> sights_of([5], 0.2)[0].independent is None
    True
    """
    policy = {"power": power, "alpha": alpha}
    return tuple(
        Sight(
            n=check_count(n, "n", minimum=1),
            without_losses=smallest_detectable_gain_with_losses(n, 0.0, test=test, **policy),
            given=None
            if discordance is None
            else smallest_detectable_gain(n, discordance, test=test, **policy),
            independent=smallest_detectable_gain_if_independent(n, base, test=test, **policy),
        )
        for n in sizes
    )


def _rates(base: float, gain: float, discordance: float | None) -> list[tuple[Assumption, float]]:
    base = check_probability(base, "base")
    bounds = discordance_range(base, check_probability(base + gain, "base + gain"))
    if discordance is None:
        return [
            ("least", bounds.low),
            ("independent", bounds.independent),
            ("most", bounds.high),
        ]
    rate = check_probability(discordance, "discordance")
    if not bounds.low - 1e-9 <= rate <= bounds.high + 1e-9:
        raise InvalidInputError(
            "discordance is {rate:g}, but accuracies of {base:g} and {total:g} allow {low:g} to "
            "{high:g}; choose one in that range or leave it out",
            rate=rate,
            base=base,
            total=base + gain,
            low=bounds.low,
            high=bounds.high,
        )
    return [("given", rate)]


def _cells(discordance: float, gain: float) -> tuple[float, float]:
    """Split a discordance into losses and gains."""
    return max((discordance - gain) / 2, 0.0), max((discordance + gain) / 2, 0.0)
