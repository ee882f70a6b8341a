"""Gain on a part of a split, with all that is known of base: the regression estimator.

Base answered every question of the split, trained a part. Where base is right says something about
where trained will be, so base's answers to the other questions make the gain more exact. It knows
means, one a question, and neither samples nor why trained answered only a part.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level
from evalsuite.stats.several.widened import student_interval, student_pvalue

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalsuite.records.comparison import Interval

__all__ = ["WholeBaseGain", "whole_base_gain"]

_PSEUDO = np.array([[1.0, 0.0], [0.0, 1.0]])
"""Base and trained on one question lost outright and one gained outright, as everywhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBaseGain:
    """The gain, and how much base's other answers narrow it."""

    n: int
    """Questions that both answered."""
    n_whole: int
    """Questions that base answered."""
    slope: float
    """How much trained's score goes up with base's on the same questions."""
    estimate: float
    interval: Interval
    """For questions like these: the split is itself a draw of them."""
    interval_on_split: Interval
    """For the very questions of this split, as these responses stand."""
    pvalue: float
    """Two-sided, of no gain on questions like these."""
    worth: int
    """Questions that both would have to answer for an interval of this width without the rest of
    base."""
    confidence_level: float


def whole_base_gain(
    base: ArrayLike,
    trained: ArrayLike,
    base_elsewhere: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> WholeBaseGain:
    """Estimate the gain where base is known on more questions than trained.

    Trained's accuracy on the whole split is estimated by the regression of trained on base [1]_ at
    base's accuracy on the whole split, from which base's accuracy is then taken off. One question
    lost and one gained outright are added to both, so that no split looks free of change; with
    nothing elsewhere the interval is that of `widened_gain` but for one degree of freedom.

    Which questions trained answered must have nothing to do with its answers: a seeded subset, not
    the first that came, nor those that did not fail.

    Parameters
    ----------
    base, trained
        Mean score of each question that both answered, 0 .. 1, in one order.
    base_elsewhere
        Base's mean score of each question that trained did not answer.
    confidence_level
        Of both intervals.

    Returns
    -------
    WholeBaseGain
        In fractions. Coverage by simulation stands in
        ``tests/calibration/test_whole_base_calibration.py``.

    Raises
    ------
    InvalidInputError
        For fewer than two shared questions, none elsewhere, or a score outside 0 .. 1.

    References
    ----------
    .. [1] Cochran (1977), Sampling Techniques, 3rd edition, chapter 7. For experiments: Deng, Xu,
       Kohavi & Walker (2013), WSDM, 123-132.

    Examples
    --------
    Of 100 questions both answered, base is right on 40; of 300 others, on 150:

    >>> base = [1] * 40 + [0] * 60
    >>> trained = [1] * 36 + [0] * 4 + [1] * 15 + [0] * 45
    >>> gain = whole_base_gain(base, trained, [1] * 150 + [0] * 150)
    >>> round(gain.estimate, 3), round(gain.interval.low, 3), round(gain.interval.high, 3)
    (0.081, -0.002, 0.162)
    >>> round(gain.interval_on_split.low, 3), round(gain.interval_on_split.high, 3)
    (0.011, 0.149)
    >>> gain.worth
    112
    """
    level = check_level(confidence_level, "confidence_level")
    part = np.column_stack([_scores(base, "base"), _scores_like(trained, base)])
    rest = _scores(base_elsewhere, "base_elsewhere")
    if len(part) < 2:
        raise InvalidInputError("one shared question shows no slope; give two or more")
    widened = np.vstack([part, _PSEUDO])
    whole = np.concatenate([widened[:, 0], rest])
    line, at = _line(widened), float(whole.mean())
    center, freedom = line.at(at) - at, len(part)
    # the slope leaves what is left of trained unrelated to base, so the two variances add up
    of_base = (line.slope - 1) ** 2 * float(whole.var(ddof=1)) / len(whole)
    error = math.sqrt(line.variance_at(at) + of_base)
    left = len(rest) / (len(part) + len(rest))
    on_split = math.sqrt(line.variance_at(at) * left)
    return WholeBaseGain(
        n=len(part),
        n_whole=len(part) + len(rest),
        slope=line.slope,
        estimate=_estimate(part, rest, line.slope),
        interval=student_interval(center, error, freedom, level),
        interval_on_split=student_interval(center, on_split, freedom, level),
        pvalue=student_pvalue(center, error, freedom),
        worth=math.floor((widened[:, 1] - widened[:, 0]).var(ddof=1) / error**2) - len(_PSEUDO),
        confidence_level=level,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """Least squares of trained on base."""

    n: int
    base: float
    trained: float
    slope: float
    spread: float
    """Sum of squares of base about its mean; above 0, for there is a 0 and a 1."""
    residual: float
    """Variance about the line."""

    def at(self, base: float) -> float:
        return self.trained + self.slope * (base - self.base)

    def variance_at(self, base: float) -> float:
        return self.residual * (1 / self.n + (base - self.base) ** 2 / self.spread)


def _line(points: NDArray[np.float64]) -> _Line:
    x, y = points[:, 0] - points[:, 0].mean(), points[:, 1] - points[:, 1].mean()
    spread = float(x @ x)
    slope = float(x @ y) / spread
    rest = y - slope * x
    return _Line(
        n=len(points),
        base=float(points[:, 0].mean()),
        trained=float(points[:, 1].mean()),
        slope=slope,
        spread=spread,
        residual=float(rest @ rest) / (len(points) - 2),
    )


def _estimate(part: NDArray[np.float64], rest: NDArray[np.float64], slope: float) -> float:
    """Estimate without the two questions added, which stand for what was not drawn."""
    base, trained = part.mean(axis=0)
    whole = (part[:, 0].sum() + rest.sum()) / (len(part) + len(rest))
    return float(trained + slope * (whole - base) - whole)


def _scores(values: ArrayLike, name: str) -> NDArray[np.float64]:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0:
        raise InvalidInputError(
            "{name} has the shape {shape}; give one mean a question", name=name, shape=scores.shape
        )
    # written so that NaN is refused as well
    if not bool(np.all((scores >= 0) & (scores <= 1))):
        raise InvalidInputError(
            "{name} holds a score outside 0 .. 1; give shares that are right", name=name
        )
    return scores


def _scores_like(trained: ArrayLike, base: ArrayLike) -> NDArray[np.float64]:
    scores = _scores(trained, "trained")
    if len(scores) != len(np.asarray(base)):
        raise InvalidInputError(
            "trained has {n_scores} questions and base {n_base}; give both on the same ones, and "
            "base's others apart",
            n_scores=len(scores),
            n_base=len(np.asarray(base)),
        )
    return scores
