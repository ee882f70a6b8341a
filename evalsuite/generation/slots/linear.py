"""A model's linear layers, with what follows each of them computed along with it.

What follows a product is computed while its result is still in the cache: the residual sum, or silu
and the factor of gate and up. On CPU weights are reordered once, here, into the layout the kernels
read, and each row has the same bits whatever else is in the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.generation.slots.kernels import Kernels

__all__ = ["Compiled", "Linear", "gated_linear", "linear"]


class Linear(Protocol):
    """A linear layer over the last axis of x."""

    def __call__(self, x: torch.Tensor, summand: torch.Tensor | None = None) -> torch.Tensor:
        """Return the layer's result, plus the summand."""


def linear(modules: Sequence[torch.nn.Linear], kernels: Kernels | None) -> Linear:
    """Make one layer of several that read the same x; their results lie side by side."""
    weights: list[torch.Tensor] = [m.weight for m in modules]
    weight = torch.cat(weights) if len(weights) > 1 else weights[0]
    biases: list[torch.Tensor | None] = [m.bias for m in modules]
    present = [b for b in biases if b is not None]
    bias = torch.cat(present) if present else None
    if kernels is not None and kernels.packs(weight):
        return Compiled(kernels, [weight], [bias])
    return _Torch(weight, bias)


def gated_linear(gate: torch.nn.Linear, up: torch.nn.Linear, kernels: Kernels | None) -> Linear:
    """Make one layer whose result is silu(gate(x)) * up(x)."""
    if kernels is not None and kernels.packs(up.weight):
        return Compiled(kernels, [gate.weight, up.weight], [gate.bias, up.bias])
    return _TorchGated(_Torch(gate.weight, gate.bias), _Torch(up.weight, up.bias))


class Compiled:
    """By the compiled kernels; of two matrices the first is the gate."""

    def __init__(
        self,
        kernels: Kernels,
        weights: Sequence[torch.Tensor],
        biases: Sequence[torch.Tensor | None],
    ) -> None:
        self._kernels = kernels
        self.weights = kernels.packed(weights, biases)

    def __call__(self, x: torch.Tensor, summand: torch.Tensor | None = None) -> torch.Tensor:
        """Return the layer's result, plus the summand."""
        return self._kernels.product(x, self.weights, summand)


class _Torch:
    """By oneDNN's packed kernels where the machine has them, else as the model itself does."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._bias = bias
        self._packed = _has_packed_kernels(weight)
        # oneDNN's kernels would otherwise reorder at every product. Twice as fast as MKL in float32
        # (docs/lab-log.md, 2026-11-22).
        self._weight = (
            torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)  # noqa: SLF001  as inductor calls it
            if self._packed
            else weight
        )

    def __call__(self, x: torch.Tensor, summand: torch.Tensor | None = None) -> torch.Tensor:
        if summand is None:
            return self._unary(x, "none")
        return self._binary(x, summand, "add") if self._packed else self(x).add_(summand)

    def silu(self, x: torch.Tensor) -> torch.Tensor:
        """Return silu(product)."""
        return self._unary(x, "swish") if self._packed else F.silu(self._unary(x, "none"))

    def times(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return product * factor."""
        return self._binary(x, factor, "mul") if self._packed else self(x).mul_(factor)

    def _unary(self, x: torch.Tensor, after: str) -> torch.Tensor:
        if not self._packed:
            return F.linear(x, self._weight, self._bias)
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001  as above
            x, self._weight, self._bias, after, [], ""
        )
        return result

    def _binary(self, x: torch.Tensor, other: torch.Tensor, after: str) -> torch.Tensor:
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise.binary(  # noqa: SLF001  as above
            x, other, self._weight, self._bias, after
        )
        return result


class _TorchGated:
    """Gate and up stay two products: one gained nothing (docs/lab-log.md, 2026-11-22)."""

    def __init__(self, gate: _Torch, up: _Torch) -> None:
        self._gate = gate
        self._up = up

    def __call__(self, x: torch.Tensor, summand: torch.Tensor | None = None) -> torch.Tensor:
        gated = self._up.times(x, self._gate.silu(x))
        return gated if summand is None else gated.add_(summand)


def _has_packed_kernels(weight: torch.Tensor) -> bool:
    """Return whether oneDNN multiplies packed matrices of this kind here."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # torch's
        return False
    ops = torch.ops.mkldnn
    return weight.dtype == torch.float32 or bool(ops._is_mkldnn_bf16_supported())  # noqa: SLF001  as inductor asks
