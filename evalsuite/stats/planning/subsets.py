"""Seeded subsets of one run: what one would have believed from a few of its questions.

Subsets are index sets over the same answers. They overlap and are parts of one whole, so their
p-values are never combined, counted or compared with a threshold together: the analysis is the
union's, and the spread between subsets is shown beside what chance alone gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.records.comparison import Interval, SubsetRow, Table
from evalsuite.stats.answers import as_answers
from evalsuite.stats.arguments import check_count, check_level
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.tango import tango_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "SubsetSpread",
    "Subsets",
    "Union",
    "subset_statistics",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """All distinct questions of the subsets, analysed once."""

    table: Table
    gain: float
    interval: Interval
    """Tango, for questions like these."""
    exact: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetSpread:
    """How far subsets of one size lie apart: sampling noise, not a property of the models."""

    n: int
    n_subsets: int
    observed: float | None
    """Standard deviation of the gains; None for one subset."""
    theoretical: float
    """sqrt(s^2 / n (1 - n / N)), s^2 the variance of a question's difference."""
    expected_overlap: float
    """Questions that two such subsets share on average: n^2 / N."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsets:
    """Every subset, their union and their spread; no p-value over subsets exists."""

    n_split: int
    """Questions the subsets were drawn from."""
    rows: tuple[SubsetRow, ...]
    union: Union
    spread: tuple[SubsetSpread, ...]
    """One entry a subset size, increasing."""
    confidence_level: float


def subset_statistics(
    base: ArrayLike,
    trained: ArrayLike,
    subsets: Mapping[int, Sequence[int]],
    *,
    n_split: int | None = None,
    confidence_level: float = 0.95,
) -> Subsets:
    """Analyse seeded subsets of one run, each alone and all questions together once.

    Parameters
    ----------
    base, trained
        Correctness of each answered question, in one order.
    subsets
        From each seed to the positions of its questions in ``base``; no position twice.
    n_split
        Questions the subsets were drawn from; by default all of ``base``.
    confidence_level
        Of every Tango interval.

    Returns
    -------
    Subsets
        Rows in the order of ``subsets``.

    Raises
    ------
    InvalidInputError
        For no subset, a position that repeats or does not exist, or an impossible ``n_split``.
    NotComparableError
        If base and trained answered different numbers of questions.

    Examples
    --------
    >>> found = subset_statistics([0, 1, 0, 1], [1, 1, 1, 0], {0: [0, 1], 1: [2, 3]})
    >>> [row.gain for row in found.rows], found.union.gain
    ([0.5, 0.0], 0.25)
    """
    level = check_level(confidence_level, "confidence_level")
    left, right = (
        as_answers(base, "base", dimensions=1),
        as_answers(trained, "trained", dimensions=1),
    )
    if len(left) != len(right):
        raise NotComparableError(
            f"base answered {len(left)} questions and trained {len(right)}; give the same ones"
        )
    n_all = check_count(len(left) if n_split is None else n_split, "n_split", minimum=len(left))
    positions = _check_subsets(subsets, len(left))
    rows = tuple(_row(seed, left[at], right[at], level) for seed, at in positions.items())
    together = np.unique(np.concatenate(list(positions.values())))
    known = right - left if n_all == len(left) else (right - left)[together]
    return Subsets(
        n_split=n_all,
        rows=rows,
        union=_union(left[together], right[together], level),
        spread=_spread(rows, known, n_all),
        confidence_level=level,
    )


def _check_subsets(subsets: Mapping[int, Sequence[int]], n: int) -> dict[int, NDArray[np.int64]]:
    if not subsets:
        raise InvalidInputError("no subset was given; give at least one seed with its positions")
    checked = {}
    for seed, positions in subsets.items():
        at = np.asarray(positions)
        if at.ndim != 1 or at.size == 0 or at.dtype.kind not in "iu":
            raise InvalidInputError(f"subset {seed} is no list of positions; give whole numbers")
        if at.min() < 0 or at.max() >= n:
            raise InvalidInputError(
                f"subset {seed} holds position {at.max() if at.max() >= n else at.min()}, but "
                f"positions run from 0 to {n - 1}"
            )
        if len(np.unique(at)) != len(at):
            raise InvalidInputError(
                f"subset {seed} holds a question twice; draw without replacement"
            )
        checked[seed] = at.astype(np.int64)
    return checked


def _row(seed: int, base: NDArray[np.int64], trained: NDArray[np.int64], level: float) -> SubsetRow:
    found = _union(base, trained, level)
    return SubsetRow(
        seed=seed,
        n=found.table.n,
        base=float(base.mean()),
        trained=float(trained.mean()),
        losses=found.table.losses,
        gains=found.table.gains,
        gain=found.gain,
        interval=found.interval,
        exact=found.exact,
    )


def _union(base: NDArray[np.int64], trained: NDArray[np.int64], level: float) -> Union:
    both, neither = int((base & trained).sum()), int(((1 - base) & (1 - trained)).sum())
    losses, gains = int((base > trained).sum()), int((base < trained).sum())
    return Union(
        table=Table(both=both, losses=losses, gains=gains, neither=neither),
        gain=(gains - losses) / len(base),
        interval=tango_interval(losses, gains, len(base), level),
        exact=mcnemar(losses, gains).pvalue,
    )


def _spread(
    rows: tuple[SubsetRow, ...], known: NDArray[np.int64], n_split: int
) -> tuple[SubsetSpread, ...]:
    # with the whole split known, s^2 / n (1 - n / N) is the population variance / n (N-n)/(N-1)
    variance = float(known.var(ddof=1)) if len(known) > 1 else 0.0
    spread = []
    for n in sorted({row.n for row in rows}):
        gains = [row.gain for row in rows if row.n == n]
        spread.append(
            SubsetSpread(
                n=n,
                n_subsets=len(gains),
                observed=float(np.std(gains, ddof=1)) if len(gains) > 1 else None,
                theoretical=math.sqrt(variance / n * (1 - n / n_split)),
                expected_overlap=n * n / n_split,
            )
        )
    return tuple(spread)
