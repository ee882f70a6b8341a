"""Sign-flip test of paired differences, exact where training moves questions evenly both ways.

Under its null each unit's difference is as likely to have the other sign: symmetry about zero, not
only a mean of zero. A few large gains that balance many small losses break that, and below some 50
questions the test then rejects too often. Differences of counts lie on a lattice, so the law of
their sum over all 2**m sign patterns is a convolution: the p-value is exact for thousands of units,
without draws.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.seeds import stream
from evalsuite.stats.arguments import check_count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SignFlip", "sign_flip", "whole_steps"]

_FINEST = 10_000
"""Steps to a whole point: finer differences are rounded to it, so that the law stays short."""

_EXACT_COST = 500_000_000
"""Additions (units x lattice points) above which draws take over: about half a second."""


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
    total, observed = int(np.abs(changed).sum()), abs(int(changed.sum()))
    if changed.size * total <= _EXACT_COST:
        pvalue = _exact_pvalue(np.abs(changed), (total - observed) // 2, observed)
        return SignFlip(**counts, pvalue=pvalue, method="exact")
    pvalue = _sampled_pvalue(np.abs(changed), observed, seed, n_draws)
    return SignFlip(**counts, pvalue=pvalue, method="sampled", n_draws=n_draws, seed=seed)


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


def _exact_pvalue(sizes: NDArray[np.int64], largest_flipped: int, observed: int) -> float:
    """Sum the lower tail of H, the size that ends up negative: |sum| >= observed in both tails."""
    if observed == 0:
        return 1.0
    # the sum is total - 2 H, so |sum| >= observed is H <= largest_flipped and its mirror image: the
    # lattice above is never needed. Halving at each unit keeps the law a probability; counts of
    # patterns would overflow from 1,024 units on
    law = np.zeros(largest_flipped + 1)
    law[0] = 1.0
    for size in sizes:
        if size <= largest_flipped:
            law[size:] += law[: law.size - size].copy()
        law *= 0.5
    return min(1.0, max(2 * math.fsum(law), sys.float_info.min))


def _sampled_pvalue(sizes: NDArray[np.int64], observed: int, seed: int, n_draws: int) -> float:
    rng = stream(seed, "sign-flip")
    hits, batch = 0, 1_000
    for start in range(0, n_draws, batch):
        signs = rng.integers(0, 2, size=(min(batch, n_draws - start), sizes.size)) * 2 - 1
        hits += int((np.abs(signs @ sizes) >= observed).sum())
    return (1 + hits) / (1 + n_draws)
