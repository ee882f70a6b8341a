"""Decoders: a model run over the arena, through transformers' own modules or packed.

The stock decoder calls the model as it is and replaces only its attention, through the attention
interface of transformers; whatever the model does besides is kept. The packed decoder
(`evalsuite.generation.slots.packed`) is faster and knows one family. Neither knows whether it
computes what the model computes; `evalsuite.generation.slots.probe` tries that.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from transformers import AttentionInterface

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from evalsuite.generation.slots.arena import Pass, StepPass
    from evalsuite.models.load import LoadedModel

__all__ = ["Decoder", "StockDecoder", "attention_window", "head_width"]

_NAME = "evalsuite_arena"
_UNSUPPORTED = ("softcap", "s_aux", "cache_position_bias", "position_bias")
"""Arguments of transformers' attention that change the scores in a way the arena does not."""
_FIXED_ROPE = ("default", "linear", "llama3", "yarn", "proportional")
"""Rotations that depend on a token's own position alone. The others (dynamic, longrope) depend on
the longest row of the batch, so a neighbour would change an answer."""


class Decoder(Protocol):
    """A way to run the model over the arena."""

    name: str

    def read(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> None:
        """Compute keys and values of tokens, shape (rows, tokens), whose logits nobody needs."""

    def step(
        self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: StepPass
    ) -> torch.Tensor:
        """Compute the logits, shape (rows, vocabulary), after one token a row, shape (rows,)."""


class StockDecoder:
    """The model's own modules with attention over the arena."""

    name = "stock"

    def __init__(self, loaded: LoadedModel) -> None:
        AttentionInterface.register(_NAME, _attend)
        self._model = loaded.model

    def read(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> None:
        """Compute keys and values of tokens whose logits nobody needs."""
        self._run(ids, positions, arena_pass)

    def step(
        self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: StepPass
    ) -> torch.Tensor:
        """Compute the logits after one token a row."""
        return self._run(ids[:, None], positions[:, None], arena_pass)

    def _run(self, ids: torch.Tensor, positions: torch.Tensor, arena_pass: Pass) -> torch.Tensor:
        with _attention(self._model.config, _NAME):
            output = self._model(
                input_ids=ids,
                position_ids=positions,
                # transformers builds a mask of its own from two axes and passes four on
                # untouched; the arena masks, so this one is never read.
                attention_mask=ids.new_ones((1, 1, 1, 1)),
                use_cache=False,
                logits_to_keep=1,
                arena_pass=arena_pass,
            )
        logits: torch.Tensor = output.logits[:, -1]
        return logits


def attention_window(config: Any) -> int | None:
    """Say how many tokens back the narrowest layer of a model sees.

    None where every layer sees everything; 0 where a layer is of a kind unknown here, or its
    positions depend on what else is in the batch.
    """
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") not in _FIXED_ROPE:
        return 0
    kinds = set(getattr(text, "layer_types", None) or ())
    if kinds - {"full_attention", "sliding_attention"}:
        return 0
    window = getattr(text, "sliding_window", None)
    slides = "sliding_attention" in kinds or (
        not kinds and getattr(text, "use_sliding_window", True)
    )
    return int(window) if window and slides else None


def head_width(config: Any) -> int:
    """Say how many numbers an attention head of a model has."""
    text = config.get_text_config()
    return int(getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads)


@contextmanager
def _attention(config: Any, name: str) -> Iterator[None]:
    """Use an attention function during one forward pass."""
    # Set back at once: the same model serves as its own judge, in `find_decoder` and wherever a
    # close choice is decided, and in training it is TRL's.
    before = config._attn_implementation  # noqa: SLF001  transformers has no public getter
    config._attn_implementation = name  # noqa: SLF001  set_attn_implementation is slow
    try:
        yield
    finally:
        config._attn_implementation = before  # noqa: SLF001  as above


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001  the interface of transformers
    *,
    scaling: float,
    arena_pass: Pass,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Serve transformers' attention interface."""
    # Raised on the probe's first pass: a model that needs one of these is not served by the arena.
    for name in _UNSUPPORTED:
        if more.get(name) is not None:
            raise NotImplementedError(f"attention with {name} is not served by the arena")
    return arena_pass.attend(module.layer_idx, query, key, value, scaling), None
