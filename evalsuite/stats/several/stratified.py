"""Stratified gain: the plain mean of several tasks' gains, and whether those gains differ.

Tasks are fixed, as strata are; the questions of each are a sample. It knows means, one a question,
and neither samples nor what a task is about.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level
from evalsuite.stats.several.widened import student_interval, student_pvalue, widened_gain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalsuite.records.comparison import Gain, Interval, Table

__all__ = [
    "EqualGains",
    "StratifiedGain",
    "Stratum",
    "equal_gains",
    "mean_of_strata",
    "stratified_gain",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """The gain on one task, with its spread widened by one pseudo-loss and one pseudo-gain."""

    n_questions: int
    estimate: float
    """Mean of the differences, without the pseudo-questions."""
    center: float
    """Mean with them."""
    standard_error: float
    """Of ``center``; never 0."""
    degrees_of_freedom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualGains:
    """Test of one gain on all tasks."""

    statistic: float
    """Welch's F."""
    numerator: int
    """Its degrees of freedom."""
    denominator: float
    pvalue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedGain:
    """The mean of the tasks' gains, each task counting once however many questions it has."""

    strata: tuple[Stratum, ...]
    estimate: float
    standard_error: float
    degrees_of_freedom: float
    """Satterthwaite's."""
    pvalue: float
    """Two-sided: at most alpha where the interval of level 1 - alpha leaves out 0."""
    confidence_level: float
    interval: Interval
    equal_gains: EqualGains | None
    """None with one task."""


def stratified_gain(
    differences: Sequence[ArrayLike], *, confidence_level: float = 0.95
) -> StratifiedGain:
    """Return the mean gain over tasks with a stratified interval, and a test of equal gains.

    The estimate is the plain (macro) mean of the tasks' mean differences. Its standard error
    combines those of the tasks, each widened by one pseudo-loss and one pseudo-gain as in
    `widened_gain`, with Satterthwaite's degrees of freedom [1]_. So it speaks of these tasks on new
    questions, and of no other task. Equal gains are tested by Welch's F on the widened questions
    [2]_.

    Parameters
    ----------
    differences
        For each task, trained's mean minus base's, one a question, each in -1 .. 1.
    confidence_level
        Of the interval.

    Returns
    -------
    StratifiedGain
        Defined also for tasks without any spread.

    Raises
    ------
    InvalidInputError
        For no task, a task without questions, or a difference outside -1 .. 1.

    References
    ----------
    .. [1] Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    .. [2] Welch (1951), Biometrika 38, 330-336.

    Examples
    --------
    >>> easy, hard = [1] * 30 + [-1] * 10 + [0] * 160, [1] * 6 + [-1] * 4 + [0] * 90
    >>> gain = stratified_gain([easy, hard])
    >>> round(gain.estimate, 3), round(gain.interval.low, 3), round(gain.interval.high, 3)
    (0.06, 0.014, 0.106)
    """
    strata = [_stratum(each) for each in differences]
    return mean_of_strata(strata, confidence_level=confidence_level)


def stratum_of(gain: Gain, table: Table) -> Stratum:
    """Return the stratum of a compared task: by its table, or by the means of its questions."""
    clusters = gain.clusters
    if clusters is None:
        same = table.both + table.neither
        return _stratum([-1.0] * table.losses + [1.0] * table.gains + [0.0] * same)
    return Stratum(
        n_questions=clusters.changed + clusters.same,
        estimate=gain.estimate,
        center=clusters.center,
        standard_error=clusters.standard_error,
        degrees_of_freedom=clusters.degrees_of_freedom,
    )


def _stratum(differences: ArrayLike) -> Stratum:
    gain = widened_gain(differences)
    return Stratum(
        n_questions=gain.n_questions,
        estimate=gain.estimate,
        center=gain.center,
        standard_error=gain.standard_error,
        degrees_of_freedom=gain.degrees_of_freedom,
    )


def mean_of_strata(strata: Sequence[Stratum], *, confidence_level: float = 0.95) -> StratifiedGain:
    """Do the same from what is known of each task."""
    level = check_level(confidence_level, "confidence_level")
    if not strata:
        raise InvalidInputError("no task to average over; give the differences of one or more")
    variances = np.array([stratum.standard_error**2 for stratum in strata])
    freedoms = np.array([stratum.degrees_of_freedom for stratum in strata])
    total = float(variances.sum())
    freedom = total**2 / float((variances**2 / freedoms).sum())
    # the estimate itself, not the widened centers: with many small tasks their shrinking would add
    # up while the error of the mean falls
    estimate = math.fsum(stratum.estimate for stratum in strata) / len(strata)
    error = math.sqrt(total) / len(strata)
    return StratifiedGain(
        strata=tuple(strata),
        estimate=estimate,
        standard_error=error,
        degrees_of_freedom=freedom,
        pvalue=student_pvalue(estimate, error, freedom),
        confidence_level=level,
        interval=student_interval(estimate, error, freedom, level),
        equal_gains=equal_gains(strata) if len(strata) > 1 else None,
    )


def equal_gains(strata: Sequence[Stratum]) -> EqualGains:
    """Test that two or more tasks have one gain: Welch's F for means of unequal spread.

    Examples
    --------
    >>> alike = [Stratum(n_questions=98, estimate=0.1, center=0.1, standard_error=0.03,
    ...                  degrees_of_freedom=99)] * 3
    >>> equal_gains(alike).pvalue
    1.0
    """
    k = len(strata)
    if k < 2:
        raise InvalidInputError("{k} tasks have nothing to differ in; give two or more", k=k)
    weights, centers, freedoms = _columns(strata)
    share = weights / weights.sum()
    between = float((weights * (centers - float((share * centers).sum())) ** 2).sum()) / (k - 1)
    spare = float(((1 - share) ** 2 / freedoms).sum()) / (k**2 - 1)
    statistic = between / (1 + 2 * (k - 2) * spare)
    denominator = 1 / (3 * spare)
    return EqualGains(
        statistic=statistic,
        numerator=k - 1,
        denominator=denominator,
        pvalue=float(special.fdtrc(k - 1, denominator, statistic)),
    )


def _columns(
    strata: Sequence[Stratum],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    errors = np.array([stratum.standard_error for stratum in strata], dtype=np.float64)
    centers = np.array([stratum.center for stratum in strata], dtype=np.float64)
    freedoms = np.array([stratum.degrees_of_freedom for stratum in strata], dtype=np.float64)
    return errors**-2, centers, freedoms
