"""Zeros that take memory only where they are written."""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

import pytest
import torch

from evalsuite.generation.slots.pages import paged_zeros

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads memory as Linux tells it")
SIZE = 2**26


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(0, 4), (3, 5), (300, 1024, 2)], ids=str)
def test_they_are_zeros_of_the_type_that_can_be_written(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    zeros = paged_zeros(shape, torch.ones(1, dtype=dtype))

    assert (zeros.shape, zeros.dtype) == (shape, dtype)
    assert zeros.is_contiguous()
    assert zeros.data_ptr() % 64 == 0
    assert not zeros.any()
    zeros += 2
    assert (zeros == 2).all()


@needs_linux
def test_only_what_is_written_takes_memory_and_all_is_given_back() -> None:
    before = resident()

    zeros = paged_zeros((SIZE // 4,), torch.ones(1))
    asked = resident()
    zeros[: SIZE // 8] = 1
    half = resident()
    del zeros
    gc.collect()

    assert asked - before < SIZE // 16
    assert SIZE * 7 // 16 < half - before < SIZE * 9 // 16
    assert resident() - before < SIZE // 16


@needs_linux
def test_addresses_that_are_not_free_are_an_error_of_memory() -> None:
    limit = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (used * resource.getpagesize() + SIZE // 2, limit[1]))
    try:
        with pytest.raises(MemoryError, match="for keys and values"):
            paged_zeros((SIZE // 4,), torch.ones(1))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)
