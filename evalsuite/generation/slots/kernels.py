"""Compiled kernels: attention over the arena, rotation and norms, products with packed weights.

A decoding step reads every weight, key and value once and computes little with each, so it waits
for memory. torch's batched products read keys and values at a third of what the machine can, and
oneDNN's begin to read weights when they begin to multiply them. These fetch the next ones meanwhile
(``heads.c``, ``products.c``, ``tiles.h``). The greedy choice reads the logits once (``choice.c``).
"""

from __future__ import annotations

import ctypes
import functools
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING

import torch

from evalsuite.generation.slots.compiler import check_runtime, compile_kernels
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.generation.slots.block import SlotBlock

__all__ = [
    "Block",
    "Kernels",
    "PackedWeights",
    "Weights",
    "begin_kernels",
    "compiled_kernels",
    "cpu_kernels",
    "real_numbers",
]

_FEWEST_LANES = 8
"""Products of registers of four numbers were not measured; there torch multiplies."""


class Weights(ctypes.Structure):
    """``weights`` of kernels.h."""

    _fields_ = (
        ("numbers", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("depth", ctypes.c_int),
        ("columns", ctypes.c_int),
        ("gated", ctypes.c_int),
    )


class Block(ctypes.Structure):
    """``block`` of kernels.h."""

    _fields_ = (
        ("keys", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("room", ctypes.c_int),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedWeights:
    """Weights in the order in which they are read: panels of some columns.

    Columns are filled up with zeros, and where tiles multiply, the depth too.
    """

    numbers: torch.Tensor
    """Shape (panels, matrices, depth / pair, columns of a panel, pair): a gate's panel comes before
    its own."""
    bias: torch.Tensor
    """Shape (panels, matrices, columns of a panel), float32."""
    depth: int
    columns: int
    """Of the result."""

    @property
    def c(self) -> Weights:
        """What the C functions take; to be used while this lives."""
        return Weights(
            self.numbers.data_ptr(),
            self.bias.data_ptr(),
            self.depth,
            self.columns,
            self.numbers.shape[1] - 1,
        )


class Kernels:
    """The compiled functions for one type of numbers and width of a head, over tensors on CPU.

    ``lanes`` are the numbers in a register. The C functions check nothing: `takes`, `turns`,
    `packs`, `normalizes` and `ranks` say beforehand whether tensors are as they must be.
    """

    def __init__(self, library: ctypes.CDLL, dtype: torch.dtype, width: int, lanes: int) -> None:
        self.library = library
        self.dtype = dtype
        self.width = width
        leaves_tiles = _has_tiles(dtype) and not _constant(library, "has_tiles")
        self.multiplies = lanes >= _FEWEST_LANES and not leaves_tiles
        """Whether products are worth it here: not where oneDNN alone takes tiles."""
        self.span = _constant(library, "span")
        """Tokens whose keys lie side by side; it divides 64."""
        self._heads_at_once = _constant(library, "heads_at_once")
        self._panel = _constant(library, "panel_columns")
        self._pair = _constant(library, "panel_pair")
        self._depth = _constant(library, "panel_depth")
        number, stride, pointer, real = (
            ctypes.c_int,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_float,
        )
        # In the order of the parameters in kernels.h: without argtypes ctypes would pass every
        # number as a C int, and a stride or a pointer would lose its upper half.
        library.attend.argtypes = [
            *(pointer, stride, stride) * 3,
            *[pointer] * 2,
            *[number] * 3,
            *(real, pointer, pointer, number),
        ]
        library.turn.argtypes = [*[pointer] * 4, *[number] * 4]
        library.multiply.argtypes = [*[pointer] * 4, *[number] * 2]
        library.normalize.argtypes = [pointer, pointer, number, number, real, pointer, number]
        library.rank.argtypes = [pointer, number, number, *[pointer] * 3, number]
        for name in ("attend", "turn", "multiply", "normalize", "rank"):
            getattr(library, name).restype = None

    def scratch_numbers(self, room: int) -> int:
        """Say how many float32 numbers of scratch attention takes for each thread."""
        return self._heads_at_once * (self.width + room)

    def takes(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> bool:
        """Return whether `attend` can: vectors of the width it was compiled for, dense."""
        return all(
            t.shape[-1] == self.width and t.stride(-1) == 1 and t.dtype == self.dtype
            for t in (query, key, value)
        )

    def attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        block: SlotBlock,
        *,
        at: torch.Tensor,
        scale: float,
        out: torch.Tensor,
    ) -> None:
        """Store one key and one value a row, and attend over all that the row holds.

        The query has shape (rows, heads, width), key and value (rows, key heads, width), all dense
        in their last axis. The block has as many rows or more, spans of `span` and a room that is
        a multiple of 64; it is written at ``at``, the int64 count of tokens each row held before,
        less than the room. ``out``, shape (rows, heads, width) and dense, takes the result.
        """
        rows, heads, _ = query.shape
        room = block.room
        threads = torch.get_num_threads()
        scratch = real_numbers(threads * self.scratch_numbers(room))
        self.library.attend(
            *(part for t in (query, key, value) for part in (t.data_ptr(), *t.stride()[:2])),
            ctypes.byref(Block(block.keys.data_ptr(), block.values.data_ptr(), room)),
            *(at.data_ptr(), rows, heads, key.shape[1]),
            scale,
            *(out.data_ptr(), scratch.data_ptr(), threads),
        )

    def turns(self, mixed: torch.Tensor) -> bool:
        """Return whether `turn` can."""
        return mixed.is_contiguous() and mixed.shape[-1] == self.width and self.width % 2 == 0

    def turn(
        self,
        mixed: torch.Tensor,
        angles: tuple[torch.Tensor, torch.Tensor],
        positions: torch.Tensor,
        heads: int,
    ) -> None:
        """Rotate the first ``heads`` of each token in place.

        ``mixed`` has shape (rows, tokens, all heads, width) and is dense; width is even. The
        angles, cosine and sine, have shape (positions, width) and are dense; the sine is negative
        in its first half. ``positions``, int64, have shape (rows, tokens).
        """
        rows, tokens, every, _ = mixed.shape
        positions = positions.contiguous()
        self.library.turn(
            *(t.data_ptr() for t in (mixed, *angles, positions)),
            *(rows * tokens, every, heads, torch.get_num_threads()),
        )

    def packs(self, weight: torch.Tensor) -> bool:
        """Return whether `packed` can take a matrix of shape (columns, depth)."""
        is_known = self.multiplies and weight.dtype == self.dtype
        return is_known and weight.shape[1] % self._pair == 0

    def packed(
        self, weights: Sequence[torch.Tensor], biases: Sequence[torch.Tensor | None]
    ) -> PackedWeights:
        """Reorder one matrix, or a gate and what it is multiplied with, of the same shape.

        Weights have shape (columns, depth); biases (columns,) or None.
        """
        columns, depth = weights[0].shape
        panels = -(-columns // self._panel)
        deep = -(-depth // self._depth) * self._depth
        padded = weights[0].new_zeros(len(weights), panels * self._panel, deep)
        bias = real_numbers(len(weights), panels * self._panel).zero_()
        for index, (matrix, summand) in enumerate(zip(weights, biases, strict=True)):
            padded[index, :columns, :depth] = matrix.detach()
            if summand is not None:
                bias[index, :columns] = summand.detach()
        shape = (len(weights), panels, self._panel, deep // self._pair, self._pair)
        return PackedWeights(
            numbers=padded.view(shape).permute(1, 0, 3, 2, 4).contiguous(),
            bias=bias.view(len(weights), panels, self._panel).transpose(0, 1).contiguous(),
            depth=depth,
            columns=columns,
        )

    def product(
        self, x: torch.Tensor, weights: PackedWeights, summand: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Multiply x, shape (..., depth), with the weights; return shape (..., columns).

        With a gate the product is multiplied with silu of the gate's. The summand has the result's
        shape.
        """
        x = x.contiguous()
        out = x.new_empty(*x.shape[:-1], weights.columns)
        summed = None if summand is None else summand.contiguous()
        self.library.multiply(
            x.data_ptr(),
            ctypes.byref(weights.c),
            None if summed is None else summed.data_ptr(),
            *(out.data_ptr(), x.numel() // weights.depth, torch.get_num_threads()),
        )
        return out

    def normalizes(self, x: torch.Tensor, weight: torch.Tensor) -> bool:
        """Return whether `normalized` can."""
        return x.dtype == weight.dtype == self.dtype and x.is_contiguous()

    def normalized(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Divide every row of a dense x by its root mean square and multiply by the weight."""
        out = torch.empty_like(x)
        width = x.shape[-1]
        self.library.normalize(
            *(x.data_ptr(), weight.data_ptr(), x.numel() // width, width),
            *(eps, out.data_ptr(), torch.get_num_threads()),
        )
        return out

    def ranks(self, logits: torch.Tensor) -> bool:
        """Return whether `two_largest` can."""
        return logits.dtype == self.dtype and logits.is_contiguous() and logits.ndim == 2

    def two_largest(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Do what `evalsuite.generation.sampling.two_largest` does, in one reading.

        The logits, shape (rows, vocabulary), are dense.
        """
        rows, columns = logits.shape
        tokens = torch.empty(rows, dtype=torch.int64)
        best, second = real_numbers(2, rows)
        self.library.rank(
            *(logits.data_ptr(), rows, columns, tokens.data_ptr()),
            *(best.data_ptr(), second.data_ptr(), torch.get_num_threads()),
        )
        return tokens, best, second


def real_numbers(*shape: int) -> torch.Tensor:
    """Make room for what the C functions compute in float32, whatever type a program prefers.

    By a default of half the bytes they would write past the end.
    """
    return torch.empty(*shape, dtype=torch.float32, device="cpu")


@functools.cache
def begin_kernels(
    dtype: torch.dtype, device: str, width: int
) -> Future[tuple[ctypes.CDLL | None, int, str]]:
    """Begin to compile what `compiled_kernels` will be asked for, while a model is loaded."""
    outcome: Future[tuple[ctypes.CDLL | None, int, str]] = Future()

    def compile_now() -> None:
        try:
            outcome.set_result(compile_kernels(dtype, device, width))
        except Exception as error:  # noqa: BLE001  raised where the kernels are asked for
            outcome.set_exception(error)

    Thread(target=compile_now).start()
    return outcome


@functools.cache
def compiled_kernels(dtype: torch.dtype, device: str, width: int) -> tuple[Kernels | None, str]:
    """Compile the kernels for this machine, once a process, type and width of a head.

    ``device`` is its kind. Kernels are None where they can't be had, and the reason says why; it
    is empty where they are not meant for the machine: another device, another system than Linux.
    """
    library, lanes, reason = begin_kernels(dtype, device, width).result()
    # What was loaded meanwhile may have brought an OpenMP of its own.
    reason = reason if library is None else check_runtime()
    if library is None or reason:
        return None, reason
    return Kernels(library, dtype, width, lanes), ""


def cpu_kernels() -> tuple[bool, str]:
    """Return whether this machine has kernels for float32 on CPU, and if not, why."""
    kernels, reason = compiled_kernels(torch.float32, "cpu", 64)
    return kernels is not None, reason


def _constant(library: ctypes.CDLL, name: str) -> int:
    """Read what only one side may choose: with another, the C functions would write past an end."""
    return ctypes.c_int.in_dll(library, name).value


def _has_tiles(dtype: torch.dtype) -> bool:
    """Return whether the processor multiplies tiles of this type (AMX), as oneDNN does anywhere.

    Ours need a gcc that knows them.
    """
    return dtype == torch.bfloat16 and torch.cpu._is_amx_tile_supported()  # noqa: SLF001  as inductor asks
