"""Trends in a training's log: what rose and what did not, beyond the scatter between steps.

The first and the last steps are compared, at most 20 and at most a third of the log each. A change
counts beyond three standard errors of the difference, which allow for steps that resemble the one
before. How often logs without a trend cross that is simulated in the tests and said in
docs/training.md. It does not know whether a trend is good.
"""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, float]

__all__ = ["FEWEST_STEPS", "Trend", "last_look", "trend"]

_WINDOW, _FEWEST = 20, 8
"""Steps at either end; of fewer than eight the scatter itself is not known well enough."""
FEWEST_STEPS = 3 * _FEWEST
"""Of a metric, for a trend."""
_SURE = 3.0
"""Standard errors."""
_LIKEST = 0.97
"""Correlation of neighbouring steps beyond which a log of this length can't tell it from 1."""
_LEAST_SHARE = 0.15
"""Of the scatter that a line through correlated steps leaves: a smaller one is not known well."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric at both ends of a log, and its change in standard errors."""

    first: float
    last: float
    errors: float

    @property
    def rises(self) -> bool:
        """Whether it is sure to have risen."""
        return self.errors > _SURE

    def rises_among(self, n: int) -> bool:
        """Tell whether it is as sure to have risen where the best of n metrics is looked for."""
        normal = NormalDist()
        return self.errors > -normal.inv_cdf(normal.cdf(-_SURE) / n)

    @property
    def falls(self) -> bool:
        """Whether it is sure to have fallen."""
        return self.errors < -_SURE


def trend(log: Sequence[Row], key: str) -> Trend | None:
    """Compare both ends of a metric; None where too few steps have it.

    Examples
    --------
    >>> trend([{"reward": step / 30} for step in range(30)], "reward").rises
    True
    """
    values = [row[key] for row in log if key in row]
    third = len(values) // 3
    k = min(_WINDOW, third)
    if k < _FEWEST:
        return None
    first, last = sum(values[:k]) / k, sum(values[-k:]) / k
    change, error = last - first, _error(values[:third], values[-third:], k)
    if not (isfinite(change) and isfinite(error)):
        return None
    return Trend(first, last, change / error if error else change * float("1e300"))


def last_look(n: int) -> int:
    """Choose after how many of n rows trends are looked at while a training runs.

    At 24, 48, 96 and so on: a look at every step would find a trend in every long log.

    Examples
    --------
    >>> [last_look(n) for n in (10, 24, 47, 300)]
    [0, 24, 24, 192]
    """
    look = FEWEST_STEPS
    if n < look:
        return 0
    while 2 * look <= n:
        look *= 2
    return look


def _error(early: Sequence[float], late: Sequence[float], k: int) -> float:
    """Estimate the standard error of the change between two means of k steps.

    Steps are taken to resemble the one before by one correlation (autoregression of order 1). It is
    estimated from the scatter about a line in both thirds, so that a trend is no resemblance, and
    taken one standard error larger than it looks, for a short log hides much of it.
    """
    m = len(early)
    thirds = [_about_a_line(early), _about_a_line(late)]
    squares = sum(r * r for part in thirds for r in part)
    products = sum(a * b for part in thirds for a, b in pairwise(part))
    if not isfinite(squares) or squares == 0:
        return squares
    # A line takes two degrees of freedom of m steps, and about four steps' worth of likeness.
    likeness = max(0.0, min(1.0, (m * products / squares + 2) / (m - 4)))
    likeness = min(_LIKEST, likeness + sqrt((1 - likeness**2) / (2 * m)))
    left = max(_LEAST_SHARE, 1 - 2 * _inflation(likeness, m) / m)
    variance = squares / (2 * m) / left
    return sqrt(2 * variance * _inflation(likeness, k) / k)


def _inflation(likeness: float, k: int) -> float:
    """Give the variance of a mean of k correlated steps, in those of k independent ones."""
    return 1 + 2 * sum((1 - j / k) * likeness**j for j in range(1, k))


def _about_a_line(values: Sequence[float]) -> list[float]:
    m = len(values)
    middle, mean = (m - 1) / 2, sum(values) / m
    slope = 12 * sum((i - middle) * v for i, v in enumerate(values)) / (m * (m * m - 1))
    return [v - mean - slope * (i - middle) for i, v in enumerate(values)]
