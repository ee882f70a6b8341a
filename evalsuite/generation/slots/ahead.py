"""Kernels compiled while the model that will need them is loaded."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import torch

from evalsuite.errors import InvalidInputError
from evalsuite.generation.slots.kernels import begin_kernels
from evalsuite.models.load import choose_device
from evalsuite.models.origin import read_head_width

if TYPE_CHECKING:
    from evalsuite.models.load import Dtype
    from evalsuite.records.run import ModelSpec

__all__ = ["compile_ahead"]


def compile_ahead(model: ModelSpec, *, device: str = "auto", dtype: Dtype = "float32") -> None:
    """Let gcc work while transformers is imported, which takes longer, and weights are read.

    Device and dtype are those that `evalsuite.models.load.load_model` will be given. Where it isn't
    known how wide a head is, or there is no such device, gcc waits for who loads the model.
    """
    width = read_head_width(model)
    if width is None:
        return
    with suppress(InvalidInputError):
        kind = choose_device(device).partition(":")[0]
        begin_kernels(getattr(torch, dtype), kind, width)
