"""Adjusted gain: an estimate and interval that allow for having stopped when the gain looked large.

Who stops on a large gain reports, on average, one that is too large. Here the outcomes of the whole
design are ordered by the observed gain, wherever they stopped; the estimate is the gain under which
the observed outcome is the middle one, and the interval holds the gains under which it is not in a
tail (Emerson & Fleming 1990, Biometrika 77, 875-892). Ordering by stage, the other usual way, has
no place for a stop on futility, which is nearer to 0 than what a later look may find.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_count, check_level
from evalsuite.stats.sequential.planned import futile_below, planned_numbers
from evalsuite.stats.sequential.spending import Walk, group_sequential_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AdjustedGain", "adjusted_gain"]

_FEWEST = 10
"""Differing questions below which the normal law of the score is no guide."""

_STEEPEST = 60.0
"""Standard errors of the whole plan within which a gain is sought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedGain:
    """The gain, allowing for the rule by which asking stopped."""

    estimate: float
    """Median-unbiased: too large as often as too small."""
    interval: Interval
    confidence_level: float


@dataclass(frozen=True, slots=True)
class _Stop:
    """One look of the design: where the walk stands at it, and where it goes on."""

    share: float
    walk: Walk
    going_on: tuple[tuple[float, float], ...]
    """Stretches of the walk's position; empty at the last look."""

    def mass_above(self, position: float, drift: float) -> float:
        """Return the chance to stop here at or above a position."""
        above = self.walk.mass(position, math.inf, drift)
        for low, high in self.going_on:
            if high > position:
                above -= self.walk.mass(max(low, position), high, drift)
        return max(above, 0.0)


def adjusted_gain(
    losses: int,
    gains: int,
    n: int,
    *,
    n_planned: int,
    looks: int = 5,
    alpha: float = 0.05,
    confidence_level: float = 0.95,
) -> AdjustedGain | None:
    """Adjust the gain of a design with planned looks for the look at which it stopped.

    Parameters
    ----------
    losses, gains
        Questions only the base (only the trained) model answered correctly, of ``n``.
    n
        Questions answered at the stop; the number of a planned look.
    n_planned, looks, alpha
        The design, as in ``planned_look``, followed as it says.
    confidence_level
        Of the interval.

    Returns
    -------
    AdjustedGain or None
        None where fewer than 10 questions differ: the score is then too far from normal.

    Raises
    ------
    InvalidInputError
        For counts, a level or an alpha that can't be.

    References
    ----------
    Emerson & Fleming (1990), Biometrika 77, 875-892.

    Examples
    --------
    >>> adjusted = adjusted_gain(40, 100, 528, n_planned=1319)
    >>> 60 / 528 > adjusted.estimate > 0.1
    True
    """
    losses, gains = check_count(losses, "losses"), check_count(gains, "gains")
    level = check_level(confidence_level, "confidence_level")
    planned = planned_numbers(n_planned, looks)
    differing = losses + gains
    if differing < _FEWEST:
        return None
    stops = tuple(_stops(planned, check_level(alpha, "alpha")))
    # in standard errors of the whole plan, as if every question differed as often as these did
    scale = math.sqrt(differing / n / planned[-1])
    observed = (gains - losses) / n / scale

    def gain_at(chance: float) -> float:
        return scale * _drift_at(stops, observed, chance)

    return AdjustedGain(
        estimate=gain_at(0.5),
        interval=Interval(low=gain_at((1 - level) / 2), high=gain_at((1 + level) / 2)),
        confidence_level=level,
    )


def _stops(planned: tuple[int, ...], alpha: float) -> Iterator[_Stop]:
    """Lay out the design: at every look the far ends and the middle stop, the last stops all."""
    shares = tuple(n / planned[-1] for n in planned)
    walk = Walk()
    for number, share in enumerate(shares, 1):
        walk = walk.at(share)
        going_on: tuple[tuple[float, float], ...] = ()
        if share < 1:
            far = group_sequential_bounds(shares, alpha=alpha).bounds[number - 1] * math.sqrt(share)
            near = futile_below(planned, number, alpha) * math.sqrt(share)
            going_on = ((-far, -near), (near, far)) if near else ((-far, far),)
        yield _Stop(share, walk, going_on)
        walk = walk.inside(going_on) if going_on else walk


def _drift_at(stops: tuple[_Stop, ...], observed: float, chance: float) -> float:
    """Find the drift under which an outcome at least as high as the observed has this chance."""

    def excess(drift: float) -> float:
        return sum(s.mass_above(observed * s.share, drift) for s in stops) - chance

    reach = _STEEPEST + abs(observed)
    from scipy.optimize import brentq

    return float(brentq(excess, -reach, reach, xtol=1e-7))
