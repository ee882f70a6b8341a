"""Learning curve: the gain of checkpoints in order of step, and when it became established."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_count, check_level
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.multiplicity import holm
from evalsuite.stats.several.signflip import sign_flip
from evalsuite.stats.several.simultaneous import as_differences, bands_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalsuite.stats.several.simultaneous import Bands

__all__ = ["CurvePoint", "LearningCurve", "learning_curve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One checkpoint of a learning curve."""

    step: int
    gain: float
    interval: Interval
    """Simultaneous band: all of them hold at once."""
    pvalue: float
    """Of this checkpoint alone."""
    adjusted: float
    """Holm-adjusted over the checkpoints."""

    @property
    def is_established(self) -> bool:
        """Whether the band lies above 0; see `LearningCurve.alpha` for the test beside it."""
        return self.interval.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """Gains over the steps of one training, with bands that hold at once."""

    n: int
    points: tuple[CurvePoint, ...]
    """In order of step."""
    first_established: int | None
    """First step with a gain above 0, by both its band and its adjusted p-value; None for none."""
    best: int
    """Step with the largest gain; its interval is honest about having been picked."""
    alpha: float
    confidence_level: float


def learning_curve(
    differences: ArrayLike,
    steps: Sequence[int],
    *,
    rng: np.random.Generator,
    confidence_level: float = 0.95,
) -> LearningCurve:
    """Return the gain of every checkpoint over base with simultaneous bands.

    Bands are max-t: their width follows from how the checkpoints' errors go together on the same
    questions [1]_. p-values are exact McNemar for single answers and sign-flip for means of several
    samples; Holm adjusts them over the checkpoints.

    Parameters
    ----------
    differences
        Shape (checkpoints, questions): trained minus base, -1 .. 1; means over samples where there
        are several.
    steps
        Training step of each row, all different.
    rng
        Source of the draws behind the bands; equal generators give equal bands.
    confidence_level
        Chance that all bands hold their gains; alpha of the tests is what it leaves.

    Returns
    -------
    LearningCurve
        Points in order of step.

    Raises
    ------
    InvalidInputError
        For differences out of range, or steps that are not one different number a checkpoint.

    References
    ----------
    .. [1] Hothorn, Bretz & Westfall (2008), Biometrical Journal 50, 346-363; Chernozhukov,
       Chetverikov & Kato (2013), Annals of Statistics 41, 2786-2819.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> chances = np.array([[0.1, 0.8, 0.1], [0.1, 0.7, 0.2], [0.1, 0.6, 0.3]])
    >>> rows = [rng.choice([-1, 0, 1], size=400, p=p) for p in chances]
    >>> curve = learning_curve(rows, [10, 20, 30], rng=rng)
    >>> curve.first_established, curve.best
    (20, 30)
    """
    level = check_level(confidence_level, "confidence_level")
    rows = as_differences(differences, "differences")
    at = _as_steps(steps, len(rows))
    order = sorted(range(len(at)), key=at.__getitem__)
    rows, at = rows[order], tuple(at[i] for i in order)
    bands = bands_of(rows, rng=rng, confidence_level=level)
    points = _points(rows, at, bands)
    alpha = 1 - level
    return LearningCurve(
        n=rows.shape[1],
        points=points,
        first_established=next(
            (p.step for p in points if p.is_established and p.adjusted <= alpha), None
        ),
        best=max(points, key=lambda p: p.gain).step,
        alpha=alpha,
        confidence_level=level,
    )


def _points(
    rows: NDArray[np.float64], steps: tuple[int, ...], bands: Bands
) -> tuple[CurvePoint, ...]:
    pvalues = [_pvalue(row) for row in rows]
    return tuple(
        CurvePoint(
            step=step,
            gain=float(bands.estimates[i]),
            interval=Interval(low=float(bands.low[i]), high=float(bands.high[i])),
            pvalue=pvalues[i],
            adjusted=adjusted,
        )
        for i, (step, adjusted) in enumerate(zip(steps, holm(pvalues), strict=True))
    )


def _pvalue(row: NDArray[np.float64]) -> float:
    if np.isin(row, (-1, 0, 1)).all():
        return mcnemar(int((row == -1).sum()), int((row == 1).sum())).pvalue
    return sign_flip(_in_whole_steps(row)).pvalue


def _in_whole_steps(row: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bring means of samples to their common denominator, which the sign-flip test needs."""
    fractions = [Fraction(value).limit_denominator(10_000) for value in row.tolist()]
    whole = math.lcm(*(fraction.denominator for fraction in fractions))
    return np.array([int(fraction * whole) for fraction in fractions])


def _as_steps(steps: Sequence[int], n: int) -> tuple[int, ...]:
    at = tuple(check_count(step, "steps") for step in steps)
    if len(at) != n or len(set(at)) != n:
        raise InvalidInputError(
            "steps are {positions} for {n} checkpoints; give each its own step", positions=at, n=n
        )
    return at
