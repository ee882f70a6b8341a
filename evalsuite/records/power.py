"""Power of a run: what it could have seen, what other sizes would show, what would settle it.

Observed power, which only restates the p-value, is nowhere. As everywhere in ``results.json`` gains
are fractions, and what does not exist is None.
"""

from __future__ import annotations

from evalsuite.records.dataclass import dataclass

__all__ = ["Expectation", "Power", "PowerPoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """The smallest gain that a run of ``n`` questions would establish."""

    n: int
    gain: float | None
    """At the power, level and discordance of the whole; None where no gain would show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a run of ``n`` questions shows in 95% of tries, by chance over questions alone."""

    n: int
    smallest_detectable_gain: float | None
    """None where no gain would show."""
    chance_low: float
    """Of two equal models that disagree as often as these."""
    chance_high: float
    low: float
    """Of two models that gain and lose as often as these."""
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What this run could have seen, and what would settle it; never observed power."""

    smallest_detectable_gain: float | None
    """At 80% power, this n and the observed discordance; None where no gain is detectable."""
    required_questions: int | None
    """Questions for 80% power at the observed gain and discordance; None where gain is 0."""
    required_for_margin: int | None = None
    """Questions for that power if the true gain is the policy's margin, at the observed
    discordance; None where it needs more than a million, and where it was not recorded."""
    power: float = 0.8
    alpha: float = 0.05
    curve: tuple[PowerPoint, ...] = ()
    """By number of questions; empty where it was not recorded, and for several samples."""
    expectations: tuple[Expectation, ...] = ()
    """Of a few sizes, this run's the largest; empty where they were not recorded."""
