"""Confidence sequence of the gain: an interval that may be looked at after every question.

It holds at all looks together, for independent questions or for questions drawn without
replacement from a finite split, and for fractions (means of several samples) as well as single
answers. It excludes 0 exactly when the e-value of ``looks`` reaches 1 / alpha.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_gains
from evalsuite.stats.arguments import check_count, check_level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Capital", "ConfidenceSequence", "confidence_sequence", "log_capital"]

_NODES = 96
"""Quadrature nodes: exact up to 191 answers, relative error below 1e-7 beyond (tested)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceSequence:
    """Intervals of the gain that hold together at all looks."""

    looks: tuple[int, ...]
    """Questions answered at each look."""
    intervals: tuple[Interval, ...]
    """Running intersection: never wider than at an earlier look."""
    estimate: float
    """Mean gain at the last look; biased away from 0 when the rule stopped early."""
    confidence_level: float
    population: int | None
    """Size of the finite split the gain is about; None for questions like these."""

    @property
    def interval(self) -> Interval:
        """The interval at the last look."""
        return self.intervals[-1]


class Capital(NamedTuple):
    """Logarithms of the capital of three bettors against a mean gain."""

    up: float
    """Bets that the mean gain is larger: K+."""
    down: float
    """Bets that it is smaller: K-."""
    hedged: float
    """Half on each."""


def confidence_sequence(
    outcomes: ArrayLike,
    *,
    looks: Sequence[int] | None = None,
    confidence_level: float = 0.95,
    population: int | None = None,
) -> ConfidenceSequence:
    """Return intervals of the mean gain that are right at every look at once.

    A gain g is kept while a bettor against it has less than 1 / alpha: capital
    (K+ + K-) / 2 with K+ the average over r in (0, 1) of prod(1 + r (d - g) / (1 + g)), and K-
    its mirror image. This is the hedged betting sequence of [1]_ with a uniform mixture of bets
    in place of a plug-in bet; K+ falls and K- rises with g, and at g = 0 the capital of -1, 0, 1
    outcomes is ``e_value``. With ``population``, g is the mean gain of that finite split, drawn
    without replacement: each bet is against the mean gain of what is left [2]_, and at the last
    question the interval is a point.

    Parameters
    ----------
    outcomes
        Trained minus base for each question, in -1 .. 1: whole for single answers, fractions
        for means of several samples.
    looks
        Numbers of questions at which to give the interval, increasing; by default only after
        all outcomes.
    confidence_level
        Chance that every interval, at every look, holds the gain.
    population
        Questions in the split, at least as many as outcomes; None for questions like these.

    Returns
    -------
    ConfidenceSequence
        Should no gain survive (possible with chance 1 - confidence_level), the interval shrinks
        to the gain least spoken against.

    Raises
    ------
    InvalidInputError
        For outcomes outside -1 .. 1, looks out of order or range, or a population too small.

    References
    ----------
    .. [1] Waudby-Smith & Ramdas (2024), JRSS B 86, 1-27; mixtures: Orabona & Jun (2024), IEEE
       Transactions on Information Theory 70, 436-455.
    .. [2] Waudby-Smith & Ramdas (2020), NeurIPS 33, 20204-20214.

    Examples
    --------
    >>> sequence = confidence_sequence([1] * 8 + [0] * 12)
    >>> sequence.interval.low > 0
    True
    """
    level = check_level(confidence_level, "confidence_level")
    steps = as_gains(outcomes)
    at = _as_looks(looks, len(steps))
    threshold = -math.log(1 - level)
    low, high, intervals = -1.0, 1.0, []
    for n in at:
        current = _interval(steps[:n], threshold, _as_population(population, len(steps)))
        # a gain once excluded stays out: by Ville's inequality the bettor against the true gain
        # ever reaches 1 / alpha with probability at most alpha, so all looks count together
        low, high = max(low, current.low), min(high, current.high)
        if low > high:
            low = high = min(max(current.low, high), low)
        intervals.append(Interval(low=low, high=high))
    return ConfidenceSequence(
        looks=at,
        intervals=tuple(intervals),
        estimate=float(steps[: at[-1]].mean()),
        confidence_level=level,
        population=population,
    )


def log_capital(values: NDArray[np.float64], counts: NDArray[np.int64], gain: float) -> Capital:
    """Return what bettors against one mean gain would own by now, starting from 1.

    ``values`` are the distinct outcomes, in -1 .. 1, ``counts`` how often each occurred; ``gain``,
    the mean gain bet against, lies strictly between -1 and 1. In logarithms, so never infinite.
    """
    nodes, log_weights = _quadrature()
    distance = values - gain
    # an outcome falls at most 1 + gain below the gain and rises at most 1 - gain above it: bets in
    # (0, 1) of that leave capital above 0 whatever comes (Waudby-Smith & Ramdas 2024, section 4.1)
    up = counts @ np.log1p(np.outer(distance / (1 + gain), nodes))
    down = counts @ np.log1p(np.outer(-distance / (1 - gain), nodes))
    return _hedge(up + log_weights, down + log_weights)


def _interval(steps: NDArray[np.float64], threshold: float, population: int | None) -> Interval:
    if population is None:
        return _independent_interval(steps, threshold)
    return _finite_interval(steps, threshold, population)


def _independent_interval(steps: NDArray[np.float64], threshold: float) -> Interval:
    values, counts = np.unique(steps, return_counts=True)
    # no bet against the sample mean itself has gained: log(1 + x) <= x, and the x sum to 0
    return _surviving(
        lambda gain: log_capital(values, counts, gain).hedged < threshold,
        (-1.0, float(steps.mean()), 1.0),
    )


def _finite_interval(steps: NDArray[np.float64], threshold: float, population: int) -> Interval:
    # bets before looks: question i is bet on with what was known before it, so the sum leaves out
    # steps[i] itself; with it the capital would be no martingale and the level would not hold [2]
    before = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    left = population - np.arange(len(steps))

    def capital(gain: float) -> Capital:
        return _log_capital_without_replacement(steps, (population * gain - before) / left)

    def is_above_centre(gain: float) -> bool:
        bets = capital(gain)
        return bets.up <= bets.down

    # beyond these two the answers already given rule a gain out: all others losses, or all gains
    total, unanswered = float(steps.sum()), population - len(steps)
    lowest, highest = (total - unanswered) / population, (total + unanswered) / population
    centre = _first_true(is_above_centre, lowest, highest)
    return _surviving(lambda gain: capital(gain).hedged < threshold, (lowest, centre, highest))


def _surviving(survives: Callable[[float], bool], limits: tuple[float, float, float]) -> Interval:
    """Find where gains begin and cease to survive, on either side of the central one."""
    lowest, centre, highest = limits
    low = _first_true(survives, lowest, centre)
    high = -_first_true(lambda mirrored: survives(-mirrored), -highest, -centre)
    return Interval(low=low, high=high)


def _first_true(claim: Callable[[float], bool], low: float, high: float) -> float:
    """Bisect to 1e-7 for where a claim becomes true; errs to the false side, the wider one.

    1e-7 is the quadrature's accuracy, and each claim costs a pass over the outcomes.
    """
    while high - low > 1e-7:
        middle = (low + high) / 2
        if claim(middle):
            high = middle
        else:
            low = middle
    return low


def _log_capital_without_replacement(
    steps: NDArray[np.float64], means: NDArray[np.float64]
) -> Capital:
    nodes, log_weights = _quadrature()
    distance = steps - means
    up = _log_products(distance, 1 + means, nodes)
    down = _log_products(-distance, 1 - means, nodes)
    return _hedge(up + log_weights, down + log_weights)


def _log_products(
    distance: NDArray[np.float64], room: NDArray[np.float64], nodes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum log(1 + node x distance / room) over the questions, eight factors to a logarithm."""
    # no room: what is left must be all losses (gains) under this mean, and nothing can be bet on it
    bets = np.divide(distance, room, out=np.zeros(len(room)), where=room > 1e-12)
    # eight factors of at most 2 cannot overflow, and a logarithm costs ten multiplications
    padded = np.concatenate([bets, np.zeros(-len(bets) % 8)])
    factors = 1 + np.outer(padded, nodes)
    return np.asarray(np.log(factors.reshape(-1, 8, len(nodes)).prod(axis=1)).sum(axis=0))


def _hedge(up: NDArray[np.float64], down: NDArray[np.float64]) -> Capital:
    # half on each side, not the better of the two: a maximum of bettors is no bettor
    plus, minus = _log_sum(up), _log_sum(down)
    hedged = float(np.logaddexp(plus, minus)) - math.log(2)
    return Capital(up=plus, down=minus, hedged=hedged)


def _log_sum(logs: NDArray[np.float64]) -> float:
    top = float(logs.max())
    return top + math.log(float(np.exp(logs - top).sum()))


@lru_cache(maxsize=1)
def _quadrature() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes and log weights of the uniform mixture over bets in (0, 1)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return (nodes + 1) / 2, np.log(weights / 2)


def _as_looks(looks: Sequence[int] | None, n: int) -> tuple[int, ...]:
    at = tuple(check_count(number, "looks", minimum=1) for number in (looks or (n,)))
    if list(at) != sorted(set(at)) or at[-1] > n:
        raise InvalidInputError(
            "looks are {positions} for {n} outcomes; give increasing numbers up to n",
            positions=at,
            n=n,
        )
    return at


def _as_population(population: int | None, n: int) -> int | None:
    if population is None:
        return None
    return check_count(population, "population", minimum=n)
