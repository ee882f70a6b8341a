"""How fast this machine is now: what a limit on time is a multiple of.

The same work takes three times as long on cores that are shared. A limit takes the pace of its own
kind of work: loops of Python, or vectors too long for a cache.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["loop_seconds", "vector_seconds"]


def loop_seconds() -> float:
    """Measure a million additions in a plain loop, in processor seconds; about 0.05 as a rule."""
    return _fastest(_loop)


def vector_seconds() -> float:
    """Measure a hundred sums of vectors of a million numbers, in processor seconds."""
    return _fastest(_sums)


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def _loop() -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total


def _sums() -> float:
    part, whole = np.ones(1_000_000), np.zeros(1_000_000)
    for _ in range(100):
        whole[1:] += 0.5 * part[:-1]
    return float(whole[-1])
