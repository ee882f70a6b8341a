"""Bootstrap over questions for statistics whose law has no closed form.

For the gain itself use ``difference_interval``: its bootstrap law is exact. Here questions are
redrawn with replacement, all values of a question together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_count, check_level

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BootstrapInterval", "bootstrap_questions"]

BATCH_VALUES = 4_000_000
"""Values drawn at a time; bounds memory and never changes a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapInterval:
    """A statistic with its percentile bootstrap interval over questions."""

    n: int
    estimate: float
    low: float
    high: float
    n_resamples: int
    confidence_level: float


def bootstrap_questions(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    *,
    rng: np.random.Generator,
    n_resamples: int = 9_999,
    confidence_level: float = 0.95,
) -> BootstrapInterval:
    """Bootstrap a statistic of per-question values.

    Parameters
    ----------
    values
        Shape (questions,) or (questions, columns): everything measured on one question in one
        row, so that it is redrawn together.
    statistic
        Reduces the second axis: (resamples, questions) to (resamples,), or with columns
        (resamples, questions, columns) to (resamples,).
    rng
        Source of the draws; equal generators give equal intervals.
    n_resamples
        Exactly this many are drawn.
    confidence_level
        Between 0 and 1.

    Returns
    -------
    BootstrapInterval
        Ends are the lattice quantiles inf{x: F(x) >= level}.

    Raises
    ------
    InvalidInputError
        For fewer than 2 questions, values that are not finite, a statistic of another shape or
        one that is not finite, and bad counts or levels.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Examples
    --------
    >>> from evalsuite.seeds import stream
    >>> gains = np.repeat([-1.0, 0.0, 1.0], [64, 962, 293])
    >>> result = bootstrap_questions(
    ...     gains, lambda v: v.mean(axis=1), rng=stream(0, "doc"), n_resamples=999
    ... )
    >>> result.low < result.estimate < result.high
    True
    """
    values = _check_values(values)
    n_resamples = check_count(n_resamples, "n_resamples", minimum=1)
    level = check_level(confidence_level, "confidence_level")
    estimate = _apply(statistic, values[np.newaxis])[0]
    resampled = np.sort(_resample(values, statistic, rng, n_resamples))
    tail = (1 - level) / 2
    low, high = (
        float(resampled[max(int(np.ceil(share * n_resamples - 1e-9)) - 1, 0)])
        for share in (tail, 1 - tail)
    )
    return BootstrapInterval(
        n=len(values),
        estimate=float(estimate),
        low=low,
        high=high,
        n_resamples=n_resamples,
        confidence_level=level,
    )


def _check_values(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim not in (1, 2) or len(values) < 2:
        raise InvalidInputError(
            "values has shape {shape}, but a bootstrap needs a row for each of at least 2 "
            "questions; pass (questions,) or (questions, columns)",
            shape=values.shape,
        )
    if not np.isfinite(values).all():
        raise InvalidInputError(
            "values holds NaN or infinity, but every question needs a number; drop or grade it"
        )
    return values


def _resample(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
    n_resamples: int,
) -> np.ndarray:
    batch = max(1, BATCH_VALUES // values.size)
    results = []
    for start in range(0, n_resamples, batch):
        rows = min(batch, n_resamples - start)
        drawn = rng.integers(0, len(values), size=(rows, len(values)))
        results.append(_apply(statistic, values[drawn]))
    return np.concatenate(results)


def _apply(statistic: Callable[[np.ndarray], np.ndarray], samples: np.ndarray) -> np.ndarray:
    result = np.asarray(statistic(samples), dtype=float)
    if result.shape != (len(samples),) or not np.isfinite(result).all():
        raise InvalidInputError(
            "statistic gave shape {shape} for {n_samples} resamples, or a value that is not "
            "finite; it must reduce the question axis to one finite number a resample",
            shape=result.shape,
            n_samples=len(samples),
        )
    return result
