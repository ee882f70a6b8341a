"""The probe for the fastest decoder that computes what the model computes.

An architecture is not looked up in a list: a decoder reads a few random tokens, with a shared
prefix and rows of different length, and its logits must be the model's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from evalsuite.errors import Clause
from evalsuite.generation.slots.arena import Arena, PrefixPass, PromptPass, StepPass
from evalsuite.generation.slots.decoders import StockDecoder, attention_window
from evalsuite.generation.slots.packed import PackedDecoder

if TYPE_CHECKING:
    from evalsuite.generation.slots.decoders import Decoder
    from evalsuite.models.load import LoadedModel

__all__ = ["find_decoder"]

_PREFIX, _ROWS, _TOKENS, _STEPS = 3, 3, 9, 3
"""The smallest probe in which everything occurs that can go wrong: a shared prefix, rows that start
at different lengths, a prompt pass with padding, and steps that read what steps have written."""
_TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2}
"""Largest difference of logits, as a share of the largest logit: far above what the order of sums
changes, far below what a wrong mask, rotation or scale changes."""
_REFUSALS = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""What a model raises that can't be run this way; NotImplementedError is a RuntimeError."""


def find_decoder(loaded: LoadedModel) -> tuple[Decoder | None, str]:
    """Choose how to run a model over the arena, and say why faster ways were passed over.

    The decoder is None where none computes what the model computes; the reason is empty where the
    fastest one serves.
    """
    if attention_window(loaded.model.config) == 0:
        return None, Clause("its layers or positions are of a kind the arena can't hold")
    reasons = []
    # Fastest first; what the packed one refuses, the stock one may serve.
    for build in (PackedDecoder, StockDecoder):
        try:
            decoder = build(loaded)
            error = _largest_error(decoder, loaded)
        except _REFUSALS as refusal:
            words = (str(refusal).strip().splitlines() or [type(refusal).__name__])[0][:120]
            reasons.append(f"{build.name} decoder: {words}")
            continue
        if error <= _TOLERANCE[loaded.dtype]:
            return decoder, "; ".join(reasons)
        reasons.append(f"{build.name} decoder: logits differ by {error:.1e} of the largest")
    return None, "; ".join(reasons)


@torch.inference_mode()
def _largest_error(decoder: Decoder, loaded: LoadedModel) -> float:
    """Compare step by step with the model's plain forward pass over each row alone."""
    device = loaded.device
    vocabulary = loaded.model.get_input_embeddings().weight.shape[0]
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(vocabulary, (_ROWS, _PREFIX + _TOKENS), generator=generator).to(device)
    ids[:, :_PREFIX] = ids[0, :_PREFIX]
    arena = Arena(_ROWS)
    arena.reserve([_PREFIX + _TOKENS] * _ROWS)
    positions = torch.arange(_PREFIX + _TOKENS, device=device).expand(_ROWS, -1)
    decoder.read(ids[:1, :_PREFIX], positions[:1, :_PREFIX], PrefixPass(arena))
    starts = torch.arange(_ROWS, device=device) + (_TOKENS - _STEPS - _ROWS)
    longest = _PREFIX + int(starts.max())
    row_indices = torch.arange(_ROWS, device=device)
    read = slice(_PREFIX, longest)
    prompts = PromptPass(arena, range(_ROWS), device=device)
    decoder.read(ids[:, read], positions[:, read], prompts)
    worst = 0.0
    for step in range(_STEPS):
        held = starts + step
        lengths = (_PREFIX + held).tolist()
        step_pass = StepPass(arena, lengths, dtype=loaded.model.dtype, device=device)
        logits = decoder.step(ids[row_indices, _PREFIX + held], _PREFIX + held, step_pass)
        for row, end in enumerate((_PREFIX + held + 1).tolist()):
            alone = loaded.model(input_ids=ids[row : row + 1, :end]).logits[0, -1].float()
            difference = (logits[row].float() - alone).abs().max() / alone.abs().max()
            # max() would pass over NaN, and NaN is the worst there is.
            worst = max(worst, float(difference.nan_to_num(nan=float("inf"))))
    return worst
