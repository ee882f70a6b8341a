"""Planned looks: a few looks at a known number of questions, at almost the price of one.

The false-alarm rate is spent over the looks (see ``spending``) and each look's bound is that of the
exact test: given how many questions differ, every difference is a fair coin under the null, so
gains minus losses is a walk whose law is known. The level therefore holds for any number of
questions and differences. Giving up (``futile``) is not part of the bounds: whoever goes on all the
same keeps the level.

Questions must come in exchangeable order: drawn at random, or shuffled before the first is
answered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import ndtr

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval
from evalsuite.stats.answers import as_outcomes
from evalsuite.stats.arguments import check_count, check_fraction, check_level
from evalsuite.stats.binomial import pmf
from evalsuite.stats.paired.tango import score_interval
from evalsuite.stats.sequential.spending import group_sequential_bounds, spent_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["PLANNED_LOOKS", "PlannedLook", "futile_below", "planned_look", "planned_numbers"]

PLANNED_LOOKS = 5
"""Looks at a planned number of questions: more save little, and each costs a little power."""

FUTILE = 0.1
"""Chance of success by the end below which asking stops; costs about 1 in 100 of the power at a
gain that the whole plan would nearly always show (simulated)."""

_Reason = Literal["improved", "regressed", "equivalent", "futile", "exhausted", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLook:
    """Whether to go on after one of the planned looks, and why."""

    action: Literal["continue", "stop"]
    reason: _Reason
    """``futile``: a result by the end has a chance below one in ten, judging by the answers so
    far."""
    n: int
    n_planned: int
    number: int
    """Which look this is, from 1."""
    looks: tuple[int, ...]
    """Questions answered at each planned look; the last is all of them."""
    losses: int
    gains: int
    pvalue: float
    """Smallest alpha at which a look so far would have rejected: it holds at every look."""
    interval: Interval
    """Repeated confidence interval: right at all looks at once."""
    alpha: float
    confidence_level: float
    margin: float | None


@dataclass(frozen=True)
class _Path:
    """Losses and gains at each look so far, and the exact bounds that belong to them."""

    numbers: tuple[int, ...]
    shares: tuple[float, ...]
    losses: NDArray[np.int64]
    gains: NDArray[np.int64]

    @cached_property
    def coins(self) -> tuple[NDArray[np.float64], ...]:
        """Law of the gains among the differences that each look adds, under the null."""
        added = np.diff(self.losses + self.gains, prepend=0)
        return tuple(np.asarray(pmf(np.arange(d + 1), int(d), 0.5)) for d in added)

    def bounds(self, alpha: float) -> list[int]:
        """Return the smallest |gains - losses| that rejects at each look.

        Two more than there are differences where none of them does.
        """
        alive, spent, bounds = np.ones(1), 0.0, []
        for share, coin in zip(self.shares, self.coins, strict=True):
            alive = np.convolve(alive, coin)
            differing = len(alive) - 1
            distance = np.abs(2 * np.arange(differing + 1) - differing)
            # what an early look could not spend, because differences are whole numbers, is left
            # for the later ones
            bound = _smallest_bound(alive, distance, spent_by(share, alpha) - spent)
            spent += float(alive[distance >= bound].sum())
            alive = np.where(distance >= bound, 0.0, alive)
            bounds.append(bound)
        return bounds

    def crossed(self, alpha: float) -> int | None:
        """Return the first look whose bound was reached, from 0; None for none."""
        distance = np.abs(self.gains - self.losses)
        crossed = np.flatnonzero(distance >= np.array(self.bounds(alpha)))
        return int(crossed[0]) if crossed.size else None


def planned_numbers(n_planned: int, looks: int = PLANNED_LOOKS) -> tuple[int, ...]:
    """Return how many questions are answered at each of some equally spaced looks."""
    return tuple(sorted({math.ceil(n_planned * k / looks) for k in range(1, looks + 1)}))


def planned_look(
    outcomes: ArrayLike,
    *,
    n_planned: int,
    looks: int = PLANNED_LOOKS,
    alpha: float = 0.05,
    confidence_level: float | None = None,
    margin: float | None = None,
) -> PlannedLook:
    """Decide at one of a few planned looks whether to go on: a pure function of the outcomes.

    Stops when gains minus losses reach the exact bound of a look (``improved``, ``regressed``),
    when the repeated interval [1]_ lies inside the margin (``equivalent``), when a result by the
    end has a chance below one in ten (``futile``: predictive power [2]_), or when all planned
    questions are answered (``exhausted``). The rate of ``improved`` and ``regressed`` together is
    at most alpha under the null, also for those who go on after ``futile`` or a result: a bound
    once reached stays reached.

    Parameters
    ----------
    outcomes
        Trained minus base for each question answered so far, in exchangeable order: -1 loss, 0
        alike, 1 gain. Their number is that of a planned look.
    n_planned
        Questions that may be answered in all.
    looks
        Equally spaced looks, the last one at ``n_planned``.
    alpha
        False-alarm rate over all looks, two-sided.
    confidence_level
        Of the interval, at all looks together; 1 - alpha where None.
    margin
        Gains smaller than this count as no difference; None never stops for equivalence.

    Returns
    -------
    PlannedLook
        The action, its reason, and p-value and interval that hold at every look. At the same level
        the interval excludes 0 exactly when a bound was reached.

    Raises
    ------
    InvalidInputError
        For outcomes other than -1, 0, 1, or a number of them at which no look was planned.

    References
    ----------
    .. [1] Lan & DeMets (1983), Biometrika 70, 659-663; repeated intervals: Jennison & Turnbull
       (1989), JRSS B 51, 305-361.
    .. [2] Spiegelhalter, Freedman & Blackburn (1986), Controlled Clinical Trials 7, 8-17.

    Examples
    --------
    >>> planned_look([1] * 40, n_planned=100).reason
    'improved'
    >>> planned_look([1, -1] * 30, n_planned=100).reason
    'futile'
    """
    alpha = check_level(alpha, "alpha")
    level = check_level(1 - alpha if confidence_level is None else confidence_level, "level")
    margin = None if margin is None else check_fraction(margin, "margin")
    planned = planned_numbers(
        check_count(n_planned, "n_planned", minimum=1), check_count(looks, "looks", minimum=1)
    )
    path = _path(as_outcomes(outcomes), planned)
    interval = _repeated_interval(path, level)
    reason = _reason(path, planned, interval, alpha, margin)
    return PlannedLook(
        action="continue" if reason == "undecided" else "stop",
        reason=reason,
        n=path.numbers[-1],
        n_planned=planned[-1],
        number=len(path.numbers),
        looks=planned,
        losses=int(path.losses[-1]),
        gains=int(path.gains[-1]),
        pvalue=_repeated_pvalue(path, alpha),
        interval=interval,
        alpha=alpha,
        confidence_level=level,
        margin=margin,
    )


def _path(steps: NDArray[np.int64], planned: tuple[int, ...]) -> _Path:
    if len(steps) not in planned:
        raise InvalidInputError(
            "{n_steps} outcomes, but looks are planned at {planned}; look there, or use an "
            "e-value, which may be looked at any time",
            n_steps=len(steps),
            planned=", ".join(map(str, planned)),
        )
    numbers = planned[: planned.index(len(steps)) + 1]
    at = np.array(numbers) - 1
    return _Path(
        numbers=numbers,
        shares=tuple(n / planned[-1] for n in numbers),
        losses=np.cumsum(steps == -1)[at],
        gains=np.cumsum(steps == 1)[at],
    )


def _smallest_bound(alive: NDArray[np.float64], distance: NDArray[np.int64], rate: float) -> int:
    """Find the smallest distance beyond which at most ``rate`` of the law lies."""
    differing = len(alive) - 1
    bound = differing + 2
    for nearer in range(differing, -1, -2):
        if float(alive[distance >= nearer].sum()) > rate:
            break
        bound = nearer
    return bound


def _repeated_pvalue(path: _Path, alpha: float) -> float:
    """Bisect for the smallest alpha at which a bound was reached, on the side that alpha says."""
    if path.crossed(1 - 1e-12) is None:
        return 1.0
    low, high = math.log(1e-300), 0.0
    if path.crossed(alpha) is not None:
        high = math.log(alpha)
    else:
        low = math.log(alpha)
    while high - low > 1e-6:
        middle = (low + high) / 2
        if path.crossed(math.exp(middle)) is None:
            low = middle
        else:
            high = middle
    return math.exp(high)


def _repeated_interval(path: _Path, level: float) -> Interval:
    """Intersect the intervals of all looks so far: a gain once excluded stays out."""
    exact = path.bounds(1 - level)
    normal = group_sequential_bounds(path.shares, alpha=1 - level).bounds
    low, high = -1.0, 1.0
    for i, n in enumerate(path.numbers):
        losses, gains = int(path.losses[i]), int(path.gains[i])
        current = score_interval(losses, gains, n, _critical(losses, gains, exact[i], normal[i]))
        low, high = max(low, current.low), min(high, current.high)
    if low > high:
        low = high = (low + high) / 2
    return Interval(low=low, high=high)


def _critical(losses: int, gains: int, exact: int, normal: float) -> float:
    """Turn a look's bound into one of the score, so that interval and exact bound agree on 0."""
    differing = losses + gains
    if not differing:
        return normal
    # distances go in steps of two, so this lies between the last that stays and the first to cross
    between = (exact - 1) / math.sqrt(differing)
    return between if abs(gains - losses) >= exact else max(between, normal)


def _reason(
    path: _Path,
    planned: tuple[int, ...],
    interval: Interval,
    alpha: float,
    margin: float | None,
) -> _Reason:
    crossed = path.crossed(alpha)
    if crossed is not None:
        return "improved" if path.gains[crossed] > path.losses[crossed] else "regressed"
    if margin is not None and -margin < interval.low and interval.high < margin:
        return "equivalent"
    if path.numbers[-1] == planned[-1]:
        return "exhausted"
    return "futile" if _is_futile(path, planned, alpha) else "undecided"


def _is_futile(path: _Path, planned: tuple[int, ...], alpha: float) -> bool:
    differing = int(path.losses[-1] + path.gains[-1])
    distance = abs(int(path.gains[-1] - path.losses[-1]))
    score = distance / math.sqrt(differing) if differing else 0.0
    return score < futile_below(planned, len(path.numbers), alpha)


def futile_below(planned: Sequence[int], number: int, alpha: float) -> float:
    """Return the absolute score below which a look (from 1) is futile; 0 where none is.

    Predictive power: the score at the end is normal around the observed trend, whose own
    uncertainty is counted, so that a first look that knows little never gives up.
    """
    shares = [n / planned[-1] for n in planned]
    last = group_sequential_bounds(shares, alpha=alpha).bounds[-1]
    share = shares[number - 1]
    if share >= 1:
        return 0.0

    def chance(score: float) -> float:
        need, deviation = last * math.sqrt(share), math.sqrt(1 - share)
        return float(ndtr((score - need) / deviation) + ndtr((-score - need) / deviation))

    if chance(0.0) >= FUTILE:
        return 0.0
    low, high = 0.0, last
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) < FUTILE else (low, middle)
    return low
