"""Seeded subsets of a question set, as index sets: they cost no generation.

The draw equals ``datasets.Dataset.shuffle(seed).select(range(size))``, so seed 42 with 20
questions of the GSM8K test split is the set that GRPO lessons use.
"""

from __future__ import annotations

from evalsuite.errors import InvalidInputError

__all__ = ["subset_indices"]


def subset_indices(seed: int, size: int, n: int) -> tuple[int, ...]:
    """Draw ``size`` different indices in 0 .. n - 1, in drawn order.

    Raises
    ------
    InvalidInputError
        If ``size`` is not in 1 .. n.

    Examples
    --------
    >>> subset_indices(42, 3, 1319)
    (30, 754, 429)
    """
    import numpy as np

    if not 1 <= size <= n:
        raise InvalidInputError(
            "a subset of {size:,} from {n:,} questions is not possible; use --subset-size 1 to {n}",
            size=size,
            n=n,
        )
    return tuple(int(i) for i in np.random.default_rng(seed).permutation(n)[:size])
