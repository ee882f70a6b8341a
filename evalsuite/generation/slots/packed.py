"""The packed decoder: Llama and its kin with fused weights, the same numbers in fewer calls.

Query, key and value are one product; activation, factor and residual are part of the matrix
products (`evalsuite.generation.slots.linear`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.generation.slots.kernels import compiled_kernels
from evalsuite.generation.slots.linear import Compiled, gated_linear, linear
from evalsuite.generation.slots.step import Layer, PackedModel, whole_step

if TYPE_CHECKING:
    from evalsuite.generation.slots.arena import Pass, StepPass
    from evalsuite.generation.slots.kernels import Kernels
    from evalsuite.models.load import LoadedModel

__all__ = ["PackedDecoder"]

_FAMILY = ("llama", "mistral", "qwen2", "qwen3")
_LARGEST_BYTES = 4 * 2**30
"""Packed weights are a second copy; above this the stock decoder serves."""
_FIRST_ANGLES = 256
"""Positions whose rotation is computed at once; more when they come, twice as far each time."""


class PackedDecoder:
    """The decoder of Llama, Mistral, Qwen2 and Qwen3 models.

    Raises NotImplementedError where the model is of another family, too large to be held twice, or
    has an activation that is not known here.
    """

    name = "packed"

    def __init__(self, loaded: LoadedModel) -> None:
        model, config = loaded.model, loaded.model.config
        _check_family(model)
        embedding = model.get_input_embeddings().weight
        width = model.model.layers[0].self_attn.head_dim
        kernels, _ = compiled_kernels(embedding.dtype, embedding.device.type, width)
        self._kernels = kernels
        self._model = PackedModel(
            embedding=embedding,
            layers=[_pack(layer, kernels) for layer in model.model.layers],
            norm=model.model.norm.weight,
            head=linear([model.get_output_embeddings()], kernels),
            eps=config.rms_norm_eps,
            heads=config.num_attention_heads,
            key_heads=config.num_key_value_heads,
            width=width,
        )
        self._rotary = model.model.rotary_emb
        self._angles = self._turns(_FIRST_ANGLES)
        self._whole = whole_step(self._model, kernels)

    @property
    def products(self) -> str:
        """Say whose matrix products it takes: ``compiled`` or ``torch``, for the record."""
        return "compiled" if isinstance(self._model.head, Compiled) else "torch"

    def read(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> None:
        """Compute keys and values of tokens whose logits nobody needs."""
        self._hidden(ids, positions, arena_pass)

    def step(
        self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: StepPass
    ) -> torch.Tensor:
        """Compute the logits after one token a row."""
        if self._whole is not None:
            angles = self._angles_up_to(positions)
            logits = self._whole.logits(ids, positions, angles, arena_pass)
            if logits is not None:
                return logits
        hidden = self._hidden(ids[:, None], positions[:, None], arena_pass)
        return self._model.head(self._normed(hidden[:, -1], self._model.norm))

    def _hidden(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> torch.Tensor:
        angles = self._angles_up_to(positions)
        x = F.embedding(ids, self._model.embedding)
        for index, layer in enumerate(self._model.layers):
            mixed = self._mixed(self._normed(x, layer.before_attention), layer)
            heads = self._turned(mixed, angles, positions)
            attended = self._attended(heads, index, arena_pass)
            x = layer.output(attended, x)
            x = layer.down(layer.gate_up(self._normed(x, layer.before_mlp)), x)
        return x

    def _mixed(self, x: torch.Tensor, layer: Layer) -> torch.Tensor:
        """Compute query, key and value heads, side by side: shape (rows, tokens, heads, width)."""
        rows, tokens, _ = x.shape
        mixed = layer.query_key_value(x).view(rows, tokens, -1, self._model.width)
        if layer.query_norm is None or layer.key_norm is None:
            return mixed
        query, key, value = self._split(mixed, dim=2)
        query = self._normed(query, layer.query_norm)
        return torch.cat([query, self._normed(key, layer.key_norm), value], dim=2)

    def _attended(self, mixed: torch.Tensor, index: int, arena_pass: Pass) -> torch.Tensor:
        rows, tokens, _, width = mixed.shape
        query, key, value = self._split(mixed.transpose(1, 2), dim=1)
        attended = arena_pass.attend(index, query, key, value, width**-0.5)
        return attended.reshape(rows, tokens, -1)

    def _split(self, mixed: torch.Tensor, *, dim: int) -> tuple[torch.Tensor, ...]:
        """Part query, key and value heads."""
        model = self._model
        return torch.split(mixed, [model.heads, model.key_heads, model.key_heads], dim=dim)

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if self._kernels is not None and self._kernels.normalizes(x, weight):
            return self._kernels.normalized(x, weight, self._model.eps)
        return F.rms_norm(x, (x.shape[-1],), weight, self._model.eps)

    def _turned(
        self,
        mixed: torch.Tensor,
        angles: tuple[torch.Tensor, torch.Tensor],
        positions: torch.Tensor,
    ) -> torch.Tensor:
        """Rotate query and key; the input may be overwritten."""
        # They lie side by side, value behind them: both are turned in one call.
        heads = self._model.heads + self._model.key_heads
        if self._kernels is not None and self._kernels.turns(mixed):
            self._kernels.turn(mixed, angles, positions, heads)
            return mixed
        cosine, sine = (angle[positions][:, :, None] for angle in angles)
        turning = mixed[:, :, :heads]
        rolled = turning.roll(self._model.width // 2, dims=-1)
        turned = torch.addcmul(turning * cosine, rolled, sine)
        return torch.cat([turned, mixed[:, :, heads:]], dim=2)

    def _angles_up_to(self, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the rotation of every position, at least up to these; shapes (positions, width)."""
        furthest = int(positions.max()) + 1
        # Twice as far as needed: answers grow by a token a step, and each should not compute a
        # table of its own.
        if furthest > self._angles[0].shape[0]:
            self._angles = self._turns(2 * furthest)
        return self._angles

    def _turns(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute rotations up to a length; the sine carries the sign of the half it turns."""
        embedding = self._model.embedding
        positions = torch.arange(length, device=embedding.device)[None]
        # From the model's own module, scaling of long contexts included.
        cosine, sine = self._rotary(embedding[:1, None], positions)
        half = sine.shape[-1] // 2
        return cosine[0].contiguous(), torch.cat([-sine[0, :, :half], sine[0, :, half:]], dim=-1)


def _check_family(model: Any) -> None:
    kind = model.config.model_type
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    if kind not in _FAMILY or model.config.hidden_act != "silu":
        raise NotImplementedError(f"{kind} is not of the packed decoder's family")
    if size > _LARGEST_BYTES:
        raise NotImplementedError(f"{size / 1e9:.1f} GB of weights are not held twice")


def _pack(layer: Any, kernels: Kernels | None) -> Layer:
    attention, mlp = layer.self_attn, layer.mlp
    query_norm, key_norm = (getattr(attention, name, None) for name in ("q_norm", "k_norm"))
    return Layer(
        before_attention=layer.input_layernorm.weight,
        query_key_value=linear([attention.q_proj, attention.k_proj, attention.v_proj], kernels),
        query_norm=None if query_norm is None else query_norm.weight,
        key_norm=None if key_norm is None else key_norm.weight,
        output=linear([attention.o_proj], kernels),
        before_mlp=layer.post_attention_layernorm.weight,
        gate_up=gated_linear(mlp.gate_proj, mlp.up_proj, kernels),
        down=linear([mlp.down_proj], kernels),
    )
