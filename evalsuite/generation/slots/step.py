"""A whole decoding step in one call of a compiled function (``step.c``).

Python's part of a layer, its views, calls and empty tensors, costs as much as its products where a
model is small, and a tenth of the step where it has 135 million parameters.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import torch

from evalsuite.generation.slots.kernels import Block, Weights, real_numbers
from evalsuite.generation.slots.linear import Compiled
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.generation.slots.arena import StepPass
    from evalsuite.generation.slots.kernels import Kernels, PackedWeights
    from evalsuite.generation.slots.linear import Linear

__all__ = ["Layer", "PackedModel", "WholeStep", "whole_step"]

_pointer, _number = ctypes.c_void_p, ctypes.c_int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One decoder layer: its linear layers, and the weights of its norms."""

    before_attention: torch.Tensor
    query_key_value: Linear
    query_norm: torch.Tensor | None
    key_norm: torch.Tensor | None
    output: Linear
    before_mlp: torch.Tensor
    gate_up: Linear
    down: Linear

    @property
    def linears(self) -> tuple[Linear, ...]:
        """In the order in which they are computed."""
        return self.query_key_value, self.output, self.gate_up, self.down

    @property
    def norms(self) -> tuple[torch.Tensor | None, ...]:
        """In the order in which they are computed."""
        return self.before_attention, self.query_norm, self.key_norm, self.before_mlp


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """A model of Llama's family with its weights as the kernels read them."""

    embedding: torch.Tensor
    layers: Sequence[Layer]
    norm: torch.Tensor
    head: Linear
    eps: float
    heads: int
    key_heads: int
    width: int
    """Of a head."""


class _CLayer(ctypes.Structure):
    _fields_ = (
        *((name, _pointer) for name in ("before_attention", "query_norm", "key_norm")),
        ("before_mlp", _pointer),
        *((name, Weights) for name in ("query_key_value", "output", "gate_up", "down")),
    )


class _CModel(ctypes.Structure):
    _fields_ = (
        ("layers", ctypes.POINTER(_CLayer)),
        *((name, _number) for name in ("count", "hidden", "heads", "key_heads")),
        ("eps", ctypes.c_float),
        ("scale", ctypes.c_float),
        ("embedding", _pointer),
        ("norm", _pointer),
        ("head", Weights),
    )


class _CBatch(ctypes.Structure):
    _fields_ = (
        ("blocks", ctypes.POINTER(Block)),
        ("first", ctypes.POINTER(_number)),
        ("parts", _number),
        *((name, _pointer) for name in ("cosine", "sine", "ids", "at")),
    )


def whole_step(model: PackedModel, kernels: Kernels | None) -> WholeStep | None:
    """Make the compiled step of a model; None where a part of it is torch's."""
    linears = [*(part for layer in model.layers for part in layer.linears), model.head]
    packed = [part.weights for part in linears if isinstance(part, Compiled)]
    if kernels is None or len(packed) < len(linears) or model.width % 2:
        return None
    # The C function reads them as they lie, as numbers of its own type.
    read = [model.embedding, model.norm, *(norm for layer in model.layers for norm in layer.norms)]
    if any(t is not None and (t.dtype != kernels.dtype or not t.is_contiguous()) for t in read):
        return None
    return WholeStep(model, kernels, packed)


class WholeStep:
    """The compiled step of one model; ``packed`` are its weights in the order of use."""

    def __init__(
        self, model: PackedModel, kernels: Kernels, packed: Sequence[PackedWeights]
    ) -> None:
        self._model = model  # its tensors live as long as what points into them
        self._kernels = kernels
        hidden = model.embedding.shape[1]
        mixed = model.heads + 2 * model.key_heads
        inner = max(weights.columns for weights in packed[2::4])  # of gate_up in every layer
        # As step.c parts it: the residual stream, its norm, the heads, their outcome, the MLP.
        self._row_numbers = 2 * hidden + (mixed + model.heads) * model.width + inner
        self._vocabulary = packed[-1].columns
        self._layers = (_CLayer * len(model.layers))(*map(_c_layer, model.layers))
        self._c_model = _CModel(
            *(self._layers, len(model.layers), hidden, model.heads, model.key_heads),
            *(model.eps, model.width**-0.5),
            *(model.embedding.data_ptr(), model.norm.data_ptr(), packed[-1].c),
        )
        self._step = kernels.library.step
        self._step.restype = None
        self._step.argtypes = [*[_pointer] * 5, _number]

    def logits(
        self,
        ids: torch.Tensor,
        held: torch.Tensor,
        angles: tuple[torch.Tensor, torch.Tensor],
        step_pass: StepPass,
    ) -> torch.Tensor | None:
        """Compute the logits, shape (rows, vocabulary), after one token a row.

        ``ids`` and ``held``, the tokens a row holds before, are int64 of shape (rows,); angles as
        `Kernels.turn` takes them. None where the arena has no keys and values of the model yet.
        """
        layers = step_pass.blocks(len(self._model.layers))
        if layers is None:
            return None
        rows, threads = len(ids), torch.get_num_threads()
        blocks = [
            Block(block.keys.data_ptr(), block.values.data_ptr(), block.room)
            for layer in layers
            for block in layer
        ]
        bounds = [*step_pass.starts, rows]
        longest = max(block.room for block in blocks)
        scratch = real_numbers(threads * self._kernels.scratch_numbers(longest))
        room = self._model.embedding.new_empty(rows * self._row_numbers)
        logits = room.new_empty(rows, self._vocabulary)
        batch = _CBatch(
            (Block * len(blocks))(*blocks),
            (_number * len(bounds))(*bounds),
            len(step_pass.starts),
            *(t.data_ptr() for t in (*angles, ids, held)),
        )
        self._step(
            *(ctypes.byref(self._c_model), ctypes.byref(batch), scratch.data_ptr()),
            *(room.data_ptr(), logits.data_ptr(), threads),
        )
        return logits


def _c_layer(layer: Layer) -> _CLayer:
    weights = [part.weights.c for part in layer.linears if isinstance(part, Compiled)]
    return _CLayer(*(None if norm is None else norm.data_ptr() for norm in layer.norms), *weights)
