"""Memory that the system gives page by page, when a page is first written."""

from __future__ import annotations

import math
import mmap
import sys
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["paged_zeros"]

_LEAST_BYTES = 2**20
"""Less is no matter, and would be a mapping of its own each."""


def paged_zeros(shape: Sequence[int], like: torch.Tensor) -> torch.Tensor:
    """Make a tensor of zeros, of the type and on the device of another one.

    What is never written takes no memory where that can be had; torch writes all zeros at once.
    Raises MemoryError where not even the addresses are free.
    """
    size = math.prod(shape) * like.element_size()
    if sys.platform == "win32" or like.device.type != "cpu" or size < _LEAST_BYTES:
        return like.new_zeros(shape)
    try:
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no {size} bytes for keys and values") from error
    return torch.frombuffer(pages, dtype=like.dtype).view(shape)  # and the tensor keeps them
