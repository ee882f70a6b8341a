"""Hold the number of CPU threads while something is computed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["at_most", "thread_count"]


def at_most(threads: int | None) -> int | None:
    """Limit what is asked for by what the loaded model should use: a tiny one, one thread.

    Parameters
    ----------
    threads
        As asked; None leaves torch's choice.

    Returns
    -------
    int or None
        To be called after `evalsuite.models.load.load_model`, which chooses.
    """
    return None if threads is None else min(threads, torch.get_num_threads())


@contextmanager
def thread_count(threads: int | None) -> Iterator[int]:
    """Compute with this many CPU threads, then go back to what was set.

    Parameters
    ----------
    threads
        None leaves torch's choice.

    Yields
    ------
    int
        The number in use.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
