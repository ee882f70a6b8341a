"""One root seed, many named streams: where every random number of the project comes from.

A stream is named after its use, so adding a draw in one place moves no number anywhere else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["derive_seed", "stream"]


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
