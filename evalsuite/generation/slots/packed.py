"""The packed decoder: Llama and its kin with fused weights, the same numbers in fewer calls.

Query, key and value are one product; activation, product and residual are part of the matrix
products; weights are reordered once into the layout the CPU's matrix kernels read. On CPU these
kernels also give each row the same bits whatever else is in the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.generation.slots.kernels import compiled_kernels
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from evalsuite.generation.slots.arena import Pass
    from evalsuite.models.load import LoadedModel

__all__ = ["PackedDecoder"]

_FAMILY = ("llama", "mistral", "qwen2", "qwen3")
_LARGEST_BYTES = 4 * 2**30
"""Packed weights are a second copy; above this the stock decoder serves."""
_FIRST_ANGLES = 256
"""Positions whose rotation is computed at once; more when they come, twice as far each time."""


class _Linear:
    """One matrix product with what follows it."""

    def __init__(self, weights: list[torch.Tensor], biases: list[torch.Tensor | None]) -> None:
        weight = weights[0] if len(weights) == 1 else torch.cat(weights)
        present = [b for b in biases if b is not None]
        self._bias = torch.cat(present) if present else None
        self._packed = _has_packed_kernels(weight)
        # Reordered once, here: oneDNN's kernels would otherwise reorder at every product. Twice as
        # fast as MKL in float32 (docs/lab-log.md, 2026-11-22).
        self._weight = (
            torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)  # noqa: SLF001  as inductor calls it
            if self._packed
            else weight
        )

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self._unary(x, "none")

    def silu(self, x: torch.Tensor) -> torch.Tensor:
        """Return silu(product)."""
        return self._unary(x, "swish") if self._packed else F.silu(self._unary(x, "none"))

    def times(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return product * factor."""
        return self._binary(x, factor, "mul") if self._packed else self(x).mul_(factor)

    def plus(self, x: torch.Tensor, summand: torch.Tensor) -> torch.Tensor:
        """Return product + summand."""
        return self._binary(x, summand, "add") if self._packed else self(x).add_(summand)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One decoder layer."""

    before_attention: torch.Tensor
    query_key_value: _Linear
    query_norm: torch.Tensor | None
    key_norm: torch.Tensor | None
    output: _Linear
    before_mlp: torch.Tensor
    gate: _Linear
    up: _Linear
    down: _Linear


class PackedDecoder:
    """The decoder of Llama, Mistral, Qwen2 and Qwen3 models.

    Raises NotImplementedError where the model is of another family, too large to be held twice, or
    has an activation that is not known here.
    """

    name = "packed"

    def __init__(self, loaded: LoadedModel) -> None:
        model, config = loaded.model, loaded.model.config
        _check_family(model)
        self._config = config
        self._width = model.model.layers[0].self_attn.head_dim
        self._eps = config.rms_norm_eps
        self._embedding = model.get_input_embeddings().weight
        self._kernels, _ = compiled_kernels(
            self._embedding.dtype, self._embedding.device.type, self._width
        )
        self._rotary = model.model.rotary_emb
        self._angles = self._turns(_FIRST_ANGLES)
        self._layers = [_pack(layer) for layer in model.model.layers]
        self._norm = model.model.norm.weight
        head = model.get_output_embeddings()
        self._head = _Linear([head.weight], [head.bias])

    def read(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> None:
        """Compute keys and values of tokens whose logits nobody needs."""
        self._hidden(ids, positions, arena_pass)

    def step(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> torch.Tensor:
        """Compute the logits after one token a row."""
        hidden = self._hidden(ids[:, None], positions[:, None], arena_pass)
        return self._head(self._normed(hidden[:, -1], self._norm))

    def _hidden(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> torch.Tensor:
        turns = self._angles_at(positions)
        x = F.embedding(ids, self._embedding)
        for index, layer in enumerate(self._layers):
            normed = self._normed(x, layer.before_attention)
            attended = self._attended(normed, turns, layer, index, arena_pass)
            # What follows a product is computed while its result is still in the cache: the
            # residual sum after output and down, silu after gate, the factor after up. Gate and up
            # stay two products, since one gained nothing (docs/lab-log.md, 2026-11-22).
            x = layer.output.plus(attended, x)
            normed = self._normed(x, layer.before_mlp)
            x = layer.down.plus(layer.up.times(normed, layer.gate.silu(normed)), x)
        return x

    def _attended(
        self,
        x: torch.Tensor,
        turns: tuple[torch.Tensor, torch.Tensor],
        layer: _Layer,
        index: int,
        arena_pass: Pass,
    ) -> torch.Tensor:
        rows, tokens, _ = x.shape
        heads = self._config.num_attention_heads
        key_heads = self._config.num_key_value_heads
        mixed = layer.query_key_value(x).view(rows, tokens, -1, self._width)
        if layer.query_norm is not None and layer.key_norm is not None:
            query, key, value = torch.split(mixed, [heads, key_heads, key_heads], dim=2)
            query = self._normed(query, layer.query_norm)
            mixed = torch.cat([query, self._normed(key, layer.key_norm), value], dim=2)
        # Query and key lie side by side, value behind them: the first heads + key_heads are turned
        # in one call, before the three are split.
        turned = self._turned(mixed, turns, heads + key_heads).transpose(1, 2)
        query, key, value = torch.split(turned, [heads, key_heads, key_heads], dim=1)
        attended = arena_pass.attend(index, query, key, value, self._width**-0.5)
        return attended.reshape(rows, tokens, -1)

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if self._kernels is not None and self._kernels.normalizes(x, weight):
            return self._kernels.normalized(x, weight, self._eps)
        return F.rms_norm(x, (x.shape[-1],), weight, self._eps)

    def _turned(
        self, mixed: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor], heads: int
    ) -> torch.Tensor:
        """Rotate the first heads; the input may be overwritten."""
        if self._kernels is not None and self._kernels.turns(mixed):
            self._kernels.turn(mixed, *turns, heads)
            return mixed
        turning = mixed[:, :, :heads]
        rolled = turning.roll(self._width // 2, dims=-1)
        turned = torch.addcmul(turning * turns[0], rolled, turns[1])
        return torch.cat([turned, mixed[:, :, heads:]], dim=2)

    def _angles_at(self, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Look up the rotation of every position; shapes (rows, tokens, 1, width)."""
        furthest = int(positions.max()) + 1
        # Twice as far as needed: answers grow by a token a step, and each should not compute a
        # table of its own.
        if furthest > self._angles[0].shape[0]:
            self._angles = self._turns(2 * furthest)
        cosine, sine = self._angles
        return cosine[positions][:, :, None], sine[positions][:, :, None]

    def _turns(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute rotations up to a length; the sine carries the sign of the half it turns."""
        positions = torch.arange(length, device=self._embedding.device)[None]
        # From the model's own module, scaling of long contexts included.
        cosine, sine = self._rotary(self._embedding[:1, None], positions)
        half = sine.shape[-1] // 2
        return cosine[0], torch.cat([-sine[0, :, :half], sine[0, :, half:]], dim=-1)


def _has_packed_kernels(weight: torch.Tensor) -> bool:
    """Return whether this machine multiplies packed matrices of this kind."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # torch's
        return False
    ops = torch.ops.mkldnn
    return weight.dtype == torch.float32 or bool(ops._is_mkldnn_bf16_supported())  # noqa: SLF001  as inductor asks


def _check_family(model: Any) -> None:
    kind = model.config.model_type
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    if kind not in _FAMILY or model.config.hidden_act != "silu":
        raise NotImplementedError(f"{kind} is not of the packed decoder's family")
    if size > _LARGEST_BYTES:
        raise NotImplementedError(f"{size / 1e9:.1f} GB of weights are not held twice")


def _pack(layer: Any) -> _Layer:
    attention, mlp = layer.self_attn, layer.mlp
    mixed = (attention.q_proj, attention.k_proj, attention.v_proj)
    query_norm, key_norm = (getattr(attention, name, None) for name in ("q_norm", "k_norm"))
    return _Layer(
        before_attention=layer.input_layernorm.weight,
        query_key_value=_Linear([m.weight for m in mixed], [m.bias for m in mixed]),
        query_norm=None if query_norm is None else query_norm.weight,
        key_norm=None if key_norm is None else key_norm.weight,
        output=_Linear([attention.o_proj.weight], [attention.o_proj.bias]),
        before_mlp=layer.post_attention_layernorm.weight,
        gate=_Linear([mlp.gate_proj.weight], [mlp.gate_proj.bias]),
        up=_Linear([mlp.up_proj.weight], [mlp.up_proj.bias]),
        down=_Linear([mlp.down_proj.weight], [mlp.down_proj.bias]),
    )
