"""The number of CPU threads, held while something is computed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["at_most", "thread_count"]


def at_most(threads: int | None) -> int | None:
    """Limit a wish for threads by what the loaded model should use: a tiny one, one thread.

    To be called after `evalsuite.models.load.load_model`, which chooses. None leaves torch's
    choice.
    """
    return None if threads is None else min(threads, torch.get_num_threads())


@contextmanager
def thread_count(threads: int | None) -> Iterator[int]:
    """Compute with this many CPU threads, then go back to what was set; yields the number.

    None leaves torch's choice. The number belongs to the whole process, not to a thread of it.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
