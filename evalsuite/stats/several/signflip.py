"""Sign-flip test of paired differences, exact where training moves questions evenly both ways.

Under its null each unit's difference is as likely to have the other sign: symmetry about zero, not
only a mean of zero. A few large gains that balance many small losses break that, and below some 50
questions the test then rejects too often. Differences of counts lie on a lattice, so the law of
their sum over all 2**m sign patterns is a convolution: the p-value is exact for thousands of units,
and for hundreds of thousands of which many changed equally much, without draws.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.seeds import stream
from evalsuite.stats.arguments import check_count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SignFlip", "sign_flip", "whole_steps"]

_FINEST = 10_000
"""Steps to a whole point: finer differences are rounded to it, so that the law stays short."""

_EXACT_COST = 500_000_000
"""Additions above which a law takes too long: about half a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlip:
    """Two-sided sign-flip test of mean difference zero."""

    n_units: int
    n_changed: int
    """Units whose difference is not zero; only they carry information."""
    pvalue: float
    """Never 0; 1 when no unit changed."""
    method: Literal["exact", "sampled"]
    n_draws: int | None = None
    """Random sign patterns behind a sampled p-value."""
    seed: int | None = None
    """Root seed of a sampled p-value."""


def sign_flip(differences: ArrayLike, *, seed: int = 0, n_draws: int = 99_999) -> SignFlip:
    """Test whether whole-number paired differences are symmetric about zero.

    With differences of -1, 0 and 1 this is the exact McNemar test. The smallest p-value is
    2**(1 - m) for m non-zero differences, so p <= 0.05 needs at least 6.

    Parameters
    ----------
    differences
        One integer a unit, in any common scale.
    seed
        Root seed; used only where the exact law would be too large.
    n_draws
        Sign patterns drawn in that case; p = (1 + hits) / (1 + n_draws) [1]_.

    Returns
    -------
    SignFlip
        The p-value and how it was found.

    Raises
    ------
    InvalidInputError
        If there is no unit, or a difference is no whole number.

    References
    ----------
    .. [1] Phipson & Smyth (2010), Stat Appl Genet Mol Biol 9(1):39.

    Examples
    --------
    >>> sign_flip(np.array([1, 1, 1, 1, 1, 0])).pvalue
    0.0625
    """
    steps = _as_steps(differences)
    n_draws = check_count(n_draws, "n_draws", minimum=1)
    changed = steps[steps != 0]
    counts = {"n_units": int(steps.size), "n_changed": int(changed.size)}
    if changed.size == 0:
        return SignFlip(**counts, pvalue=1.0, method="exact")
    # all 2**m patterns share one lattice, and a common divisor only makes it longer; where it is
    # still too long (unequal, large sample counts) patterns are drawn, with one added for the
    # observed one so that p is never 0 [1]
    changed = changed // np.gcd.reduce(changed)
    sizes, observed = np.abs(changed), abs(int(changed.sum()))
    largest_flipped = (int(sizes.sum()) - observed) // 2
    groups = _Groups(*np.unique(sizes, return_counts=True))
    if observed == 0:
        return SignFlip(**counts, pvalue=1.0, method="exact")
    if changed.size * int(sizes.sum()) <= _EXACT_COST:
        tail = _tail_by_unit(sizes, largest_flipped)
    elif groups.cost(largest_flipped) <= _EXACT_COST:
        tail = groups.tail(largest_flipped)
    else:
        pvalue = _sampled_pvalue(groups, observed, seed, n_draws)
        return SignFlip(**counts, pvalue=pvalue, method="sampled", n_draws=n_draws, seed=seed)
    pvalue = min(1.0, max(2 * tail, sys.float_info.min))
    return SignFlip(**counts, pvalue=pvalue, method="exact")


def whole_steps(differences: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Return differences as whole numbers of equal steps, and the steps in a difference of 1."""
    fractions = [Fraction(value).limit_denominator(_FINEST) for value in differences.tolist()]
    # ties decide the p-value: thirds and fifths must stand on one lattice, not on floats
    unit = math.lcm(*(fraction.denominator for fraction in fractions))
    if unit > _FINEST:
        return np.rint(differences * _FINEST).astype(np.int64), _FINEST
    return np.array([int(fraction * unit) for fraction in fractions], dtype=np.int64), unit


def _as_steps(differences: ArrayLike) -> NDArray[np.int64]:
    steps = np.asarray(differences)
    if steps.ndim != 1 or steps.size == 0:
        raise InvalidInputError("no unit to test; give at least one difference")
    if steps.dtype.kind not in "iu":
        raise InvalidInputError(
            "differences are {dtype}; give whole numbers, in any common scale", dtype=steps.dtype
        )
    return steps.astype(np.int64)


def _tail_by_unit(sizes: NDArray[np.int64], largest_flipped: int) -> float:
    """Sum the lower tail of H, the size that ends up negative: half of |sum| >= observed."""
    # the sum is total - 2 H, so |sum| >= observed is H <= largest_flipped and its mirror image: the
    # lattice above is never needed. Halving at each unit keeps the law a probability; counts of
    # patterns would overflow from 1,024 units on
    law = np.zeros(largest_flipped + 1)
    law[0] = 1.0
    for size in sizes:
        if size <= largest_flipped:
            law[size:] += law[: law.size - size].copy()
        law *= 0.5
    return math.fsum(law)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Units that changed equally much, together: how many of them end up negative is binomial."""

    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]

    def _others(self) -> tuple[int, NDArray[np.int64]]:
        """Give the largest group, whose law enters as its cumulative one, and the others."""
        largest = int(np.argmax(self.counts))
        return largest, np.delete(np.arange(len(self.sizes)), largest)

    def cost(self, largest_flipped: int) -> int:
        """Count the additions that `tail` takes."""
        cost, length = 0, 1
        for i in self._others()[1]:
            cost += length * int(self.counts[i])
            length = min(length + int(self.sizes[i] * self.counts[i]), largest_flipped + 1)
        return cost + length

    def tail(self, largest_flipped: int) -> float:
        """Sum the same lower tail, group by group."""
        largest, others = self._others()
        law = np.ones(1)
        for i in others:
            law = _with_group(law, int(self.sizes[i]), int(self.counts[i]), largest_flipped)
        count = int(self.counts[largest])
        rest = (largest_flipped - np.arange(law.size)) // self.sizes[largest]
        return math.fsum(law * special.bdtr(np.minimum(rest, count), count, 0.5))


def _with_group(
    law: NDArray[np.float64], size: int, count: int, largest: int
) -> NDArray[np.float64]:
    """Add a group of so many units of one size to a law, up to a largest sum."""
    k = np.arange(count + 1)
    logs = special.gammaln(count + 1) - special.gammaln(k + 1) - special.gammaln(count - k + 1)
    weights = np.exp(logs - count * math.log(2))
    wider = np.zeros(min(law.size + size * count, largest + 1))
    for start in range(0, min(size * count + 1, wider.size), size):
        part = law[: wider.size - start]
        wider[start : start + part.size] += weights[start // size] * part
    return wider


def _sampled_pvalue(groups: _Groups, observed: int, seed: int, n_draws: int) -> float:
    rng = stream(seed, "sign-flip")
    alone = groups.counts == 1  # a sign costs less than a binomial number
    single, sizes, counts = groups.sizes[alone], groups.sizes[~alone], groups.counts[~alone]
    hits, batch = 0, 1_000
    for start in range(0, n_draws, batch):
        n = min(batch, n_draws - start)
        sums = (rng.integers(0, 2, size=(n, single.size)) * 2 - 1) @ single
        sums += (2 * rng.binomial(counts, 0.5, size=(n, counts.size)) - counts) @ sizes
        hits += int((np.abs(sums) >= observed).sum())
    return (1 + hits) / (1 + n_draws)
