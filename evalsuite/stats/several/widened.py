"""Widened gain: Student's t over questions, with one pseudo-loss and one pseudo-gain among them.

With few changed questions the plain t interval is as narrow as decoding noise, and says nothing of
the questions that were not drawn. One question lost outright and one gained outright stand for
those. It knows differences of means, one a question, and neither samples nor training seeds.

Questions lost outright are rare and large, so a sample that happens to hold few of them has a small
mean loss and a small spread together. Whoever claims that a gain is inside a margin must allow for
that skewness; `skewed_interval` does.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "PSEUDO_QUESTIONS",
    "WidenedGain",
    "skewed_interval",
    "student_interval",
    "student_pvalue",
    "widened_accuracy",
    "widened_gain",
]

# one whole question each way, whatever the number of samples: with k samples a question lost
# outright is still one question
PSEUDO_QUESTIONS = (-1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WidenedGain:
    """The mean gain with an interval that few changed questions can't make narrow."""

    n_questions: int
    """Without the two pseudo-questions."""
    estimate: float
    """Mean of the differences, without the pseudo-questions."""
    center: float
    """Mean with them: the estimate times n / (n + 2)."""
    standard_error: float
    """Of ``center``; never 0."""
    degrees_of_freedom: int
    """n + 1."""
    skewness: float
    """Of the differences with the pseudo-questions: negative where few large losses stand among
    small gains."""
    pvalue: float
    """Two-sided: at most alpha where the interval of level 1 - alpha leaves out 0."""
    confidence_level: float
    interval: Interval


def widened_gain(differences: ArrayLike, *, confidence_level: float = 0.95) -> WidenedGain:
    """Return the mean of per-question differences with a widened Student t interval.

    To n differences a full loss (-1) and a full gain (+1) are added; the interval is Student's on
    those n + 2 values. That is the idea of Bonett and Price [1]_, who add one loss and one gain to
    a table of single answers, on the level of questions. With 20 questions of 8 samples and hardly
    a change the plain interval is 2.6 points wide although no 20 questions can show so little; this
    one is 27.

    Parameters
    ----------
    differences
        Mean of trained minus mean of base, one a question, each in -1 .. 1.
    confidence_level
        Of the interval.

    Returns
    -------
    WidenedGain
        Defined for one question on, and for differences without any spread.

    Raises
    ------
    InvalidInputError
        For no question, or a difference outside -1 .. 1.

    References
    ----------
    .. [1] Bonett & Price (2012), Adjusted Wald confidence interval for a difference of binomial
       proportions based on paired data, J Educ Behav Stat 37(4):479-488.

    Examples
    --------
    >>> gain = widened_gain([0.0] * 19 + [-0.125])
    >>> gain.estimate, round(gain.interval.low, 3), round(gain.interval.high, 3)
    (-0.00625, -0.143, 0.132)
    """
    level = check_level(confidence_level, "confidence_level")
    values = _as_differences(differences)
    widened = np.append(values, PSEUDO_QUESTIONS)
    center = float(widened.mean())
    error = math.sqrt(widened.var(ddof=1) / len(widened))
    freedom = len(widened) - 1
    return WidenedGain(
        n_questions=len(values),
        estimate=float(values.mean()),
        center=center,
        standard_error=error,
        degrees_of_freedom=freedom,
        skewness=float(((widened - center) ** 3).mean() / widened.var() ** 1.5),
        pvalue=student_pvalue(center, error, freedom),
        confidence_level=level,
        interval=student_interval(center, error, freedom, level),
    )


def widened_accuracy(means: ArrayLike, *, confidence_level: float = 0.95) -> Interval:
    """Give one model's accuracy its interval: one question wholly wrong and one wholly right added.

    ``means`` are shares of right samples, one a question, in 0 .. 1.
    """
    widened = np.append(np.asarray(means, dtype=np.float64), (0.0, 1.0))
    error = math.sqrt(widened.var(ddof=1) / len(widened))
    span = student_interval(float(widened.mean()), error, len(widened) - 1, confidence_level)
    return Interval(low=max(span.low, 0.0), high=span.high)


def student_interval(center: float, error: float, freedom: float, level: float) -> Interval:
    """Return Student's interval of a mean gain, cut to -1 .. 1."""
    half = float(special.stdtrit(freedom, (1 + level) / 2)) * error
    return Interval(low=max(-1.0, center - half), high=min(1.0, center + half))


def skewed_interval(
    center: float, error: float, freedom: int, skewness: float, level: float
) -> Interval:
    """Return Student's interval of a mean gain, wider at an end where skewness asks for it.

    Hall's monotone transformation removes the skewness of Student's t [1]_. An end is never nearer
    to the middle than Student's, so no claim is easier than by that alone.

    References
    ----------
    .. [1] Hall (1992), On the removal of skewness by transformation, J R Stat Soc B 54:221-228.

    Examples
    --------
    >>> span = skewed_interval(-0.01, 0.005, 201, -7.0, 0.9)
    >>> round(span.low, 4), round(span.high, 4)
    (-0.0244, -0.0017)
    """
    plain = student_interval(center, error, freedom, level)
    a = skewness / (3 * math.sqrt(freedom + 1))
    if abs(a) < 1e-9:  # the transformation is the identity there, and its formula divides by it
        return plain
    quantile = float(special.stdtrit(freedom, (1 + level) / 2))
    low, high = (
        center - error * (math.cbrt(1 + 3 * a * (q - a / 2)) - 1) / a for q in (quantile, -quantile)
    )
    return Interval(low=min(plain.low, max(-1.0, low)), high=max(plain.high, min(1.0, high)))


def student_pvalue(center: float, error: float, freedom: float) -> float:
    """Return Student's two-sided p-value of no gain; never 0."""
    return max(2 * float(special.stdtr(freedom, -abs(center) / error)), sys.float_info.min)


def _as_differences(differences: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise InvalidInputError("no question to average; give one difference a question")
    # written so that NaN is refused as well
    if not bool(np.all(np.abs(values) <= 1)):
        raise InvalidInputError(
            "a difference lies outside -1 .. 1; give trained's mean minus base's, as fractions"
        )
    return values
