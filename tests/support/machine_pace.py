"""How fast this machine is now: what a limit on time is a multiple of."""

from __future__ import annotations

import time

__all__ = ["loop_seconds"]

_ADDITIONS = 1_000_000


def loop_seconds() -> float:
    """Measure a million additions in a plain loop, in processor seconds; the fastest of three.

    About 0.05 on a processor of 2026; a machine whose cores are shared takes several times as long
    for this as for all else.
    """
    return min(_loop() for _ in range(3))


def _loop() -> float:
    start, total = time.process_time(), 0
    for number in range(_ADDITIONS):
        total += number
    return time.process_time() - start
