"""Spending of the false-alarm rate over a few planned looks, and the bounds that follow from it.

The score at a look that has seen the share t of the planned information is Brownian motion at t,
divided by its standard deviation. Little is spent early, so the last look keeps nearly the bound of
a single test. Nothing here knows of questions.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["GroupSequentialBounds", "Walk", "group_sequential_bounds", "spent_by"]

_NODES = 64
"""Gauss-Legendre nodes a stretch: the published bounds come out to their last digit (tested)."""

_FARTHEST = 40.0
"""Standard deviations beyond which the normal law has no mass in floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSequentialBounds:
    """Bounds of the absolute score at each planned look."""

    fractions: tuple[float, ...]
    """Share of the planned questions answered at each look."""
    bounds: tuple[float, ...]
    """The test rejects as soon as the absolute score reaches the look's bound."""
    spent: tuple[float, ...]
    """False-alarm rate spent up to and including each look, two-sided."""
    alpha: float


def spent_by(fraction: float, alpha: float) -> float:
    """Return the two-sided false-alarm rate spent by a share of the information, from 0 to 1.

    Lan & DeMets's O'Brien-Fleming type, half of alpha on each side.
    """
    return 4 * float(ndtr(float(ndtri(alpha / 4)) / math.sqrt(fraction)))


def group_sequential_bounds(
    fractions: Sequence[float], *, alpha: float = 0.05
) -> GroupSequentialBounds:
    """Return the bounds of a two-sided group-sequential test with O'Brien-Fleming type spending.

    The rate spent at each look follows Lan and DeMets [1]_; the chance of crossing for the first
    time is found by the recursion of Armitage, McPherson and Rowe [2]_.

    Parameters
    ----------
    fractions
        Share of the planned questions answered at each look: increasing, above 0, at most 1.
    alpha
        False-alarm rate over all looks, two-sided.

    Returns
    -------
    GroupSequentialBounds
        Bounds for a standard normal score with independent increments.

    Raises
    ------
    InvalidInputError
        For fractions that are no increasing shares.

    References
    ----------
    .. [1] Lan & DeMets (1983), Biometrika 70, 659-663.
    .. [2] Armitage, McPherson & Rowe (1969), JRSS A 132, 235-244.

    Examples
    --------
    >>> five = group_sequential_bounds([0.2, 0.4, 0.6, 0.8, 1.0])
    >>> [round(bound, 4) for bound in five.bounds]
    [4.8769, 3.357, 2.6803, 2.2898, 2.031]
    """
    return _bounds_of(_as_shares(fractions), check_level(alpha, "alpha"))


@lru_cache(maxsize=64)
def _bounds_of(shares: tuple[float, ...], alpha: float) -> GroupSequentialBounds:
    walk, bounds, before = Walk(), [], 0.0
    for share in shares:
        spent = spent_by(share, alpha)
        at = walk.at(share)
        bounds.append(_bound(at, share, spent - before))
        edge, before = bounds[-1] * math.sqrt(share), spent
        walk = at.inside(((-edge, edge),))
    return GroupSequentialBounds(
        fractions=shares,
        bounds=tuple(bounds),
        spent=tuple(spent_by(share, alpha) for share in shares),
        alpha=alpha,
    )


@dataclass(frozen=True, slots=True)
class Walk:
    """Brownian motion that has not stopped yet: its density at the last look, on nodes.

    Under a drift ``d`` a density at time t is that of no drift times exp(d b - d^2 t / 2), so the
    recursion is done once and serves every drift.
    """

    time: float = 0.0
    past: float = 0.0
    """Time of the look that ``nodes`` belong to."""
    nodes: NDArray[np.float64] | None = None
    """Positions from which the walk went on; None before the first look, where it is at 0."""
    masses: NDArray[np.float64] | None = None
    """Quadrature weight times density without drift at each node."""

    def at(self, time: float) -> Walk:
        """Let the walk go on until a time, from where it went on at the last look."""
        return Walk(time, self.past, self.nodes, self.masses)

    def mass(self, low: float, high: float, drift: float = 0.0) -> float:
        """Return the chance of having gone on until now and being between two positions."""
        nodes, masses = self._start(drift)
        step = self.time - self.past
        mean, deviation = nodes + drift * step, math.sqrt(step)
        # tails on the side away from the mean keep their digits, differences near 1 do not
        below, above = (low - mean) / deviation, (high - mean) / deviation
        flip = below > 0
        inside = np.where(flip, ndtr(-below) - ndtr(-above), ndtr(above) - ndtr(below))
        return float(masses @ inside)

    def inside(self, stretches: Sequence[tuple[float, float]]) -> Walk:
        """Keep what lies within some stretches now; the rest has stopped."""
        points, weights = np.polynomial.legendre.leggauss(_NODES)
        # a bound far out would spread the nodes over where nothing is
        reach = 9 * math.sqrt(self.time)
        stretches = [(max(a, -reach), min(b, reach)) for a, b in stretches]
        nodes = np.concatenate([(b - a) / 2 * points + (a + b) / 2 for a, b in stretches])
        widths = np.concatenate([(b - a) / 2 * weights for a, b in stretches])
        return Walk(self.time, self.time, nodes, widths * self._density(nodes))

    def _density(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        nodes, masses = self._start(0.0)
        step = self.time - self.past
        distance = positions[:, None] - nodes[None, :]
        kernel = np.exp(-(distance**2) / (2 * step)) / math.sqrt(2 * math.pi * step)
        return np.asarray(kernel @ masses)

    def _start(self, drift: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if self.nodes is None or self.masses is None:
            return np.zeros(1), np.ones(1)
        return self.nodes, self.masses * np.exp(drift * self.nodes - drift**2 * self.past / 2)


def _bound(walk: Walk, share: float, rate: float) -> float:
    """Find the bound whose first crossing at this look has a given chance."""
    deviation = math.sqrt(share)

    def excess(bound: float) -> float:
        return 2 * walk.mass(bound * deviation, math.inf) - rate

    # the score can't be beyond what floats can tell; a rate below that is spent by no bound
    from scipy.optimize import brentq

    return _FARTHEST if excess(_FARTHEST) >= 0 else float(brentq(excess, 0.0, _FARTHEST, xtol=1e-9))


def _as_shares(fractions: Sequence[float]) -> tuple[float, ...]:
    shares = tuple(map(float, fractions))
    is_increasing = all(a < b for a, b in pairwise(shares))
    if not shares or not is_increasing or not shares[0] > 0 or shares[-1] > 1:
        raise InvalidInputError(
            "fractions are {shares}; give increasing shares of the plan, above 0 and at most 1",
            shares=shares,
        )
    return shares
