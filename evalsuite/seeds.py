"""One root seed, many named streams: where every random number of the project comes from.

A stream is named after its use, so adding a draw in one place moves no number anywhere else.
"""

from __future__ import annotations

import hashlib
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

__all__ = ["derive_seed", "draws", "stream"]

_BITS = 32
_LOWER = 2**_BITS - 1
_WORDS = 64
"""Fetched at a time: enough that fetching costs little, few enough for two draws."""


def derive_seed(root: int, *names: str | int) -> int:
    """Derive a 63-bit seed from a root seed and the name of its use.

    Parameters
    ----------
    root
        The root seed, recorded with every result.
    names
        The path of the use, for example ``"sampling", question_id, sample``.

    Returns
    -------
    int
        In 0 .. 2**63 - 1; equal on every machine and Python version.

    Examples
    --------
    >>> derive_seed(0, "bootstrap") == derive_seed(0, "bootstrap")
    True
    >>> derive_seed(0, "bootstrap") == derive_seed(1, "bootstrap")
    False
    """
    path = "\x1f".join(f"{type(part).__name__}:{part}" for part in (root, *names))
    return int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], "big") >> 1


def stream(root: int, *names: str | int) -> np.random.Generator:
    """Open the random stream of one named use.

    Parameters
    ----------
    root
        The root seed, recorded with every result.
    names
        The path of the use.

    Returns
    -------
    numpy.random.Generator
        A fresh PCG64 generator; the same arguments give the same draws.
    """
    import numpy as np

    return np.random.Generator(np.random.PCG64(derive_seed(root, *names)))


def draws(rng: np.random.Generator) -> Callable[[int], int]:
    """Open the whole numbers below n of a PCG64 generator: those of ``rng.integers(n)``, sooner.

    NumPy's own call costs more than the draw where numbers are wanted one by one. The generator
    itself must not be used any more: where it stands is unspecified.

    Parameters
    ----------
    rng
        A fresh generator, as `stream` gives it.

    Returns
    -------
    callable
        Takes n, from 1 to 2**32 - 1, and draws one number in 0 .. n - 1.

    References
    ----------
    .. [1] Lemire (2019), Fast random integer generation in an interval, ACM TOMACS 29, 3.

    Examples
    --------
    >>> below, rng = draws(stream(0, "dice")), stream(0, "dice")
    >>> [below(6) for _ in range(5)] == [int(rng.integers(6)) for _ in range(5)]
    True
    """
    halves = chain.from_iterable(_halves(rng))

    def below(n: int) -> int:
        if n == 1:
            return 0  # NumPy draws nothing for it
        product = next(halves) * n
        # The halves that n does not divide evenly are drawn again, or some numbers would come more
        # often than others.
        if product & _LOWER < n:
            least = (_LOWER + 1 - n) % n
            while product & _LOWER < least:
                product = next(halves) * n
        return product >> _BITS

    return below


def _halves(rng: np.random.Generator) -> Iterator[list[int]]:
    """Halve the generator's words of 64 bits, the lower half first; a list at a time."""
    while True:
        yield rng.bit_generator.random_raw(_WORDS).astype("<u8").view("<u4").tolist()
