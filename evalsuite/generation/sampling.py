"""Pick the next token of every row, and tell where rounding could have picked another.

A sampled token is drawn by inverting the cumulative law in the order of token ids with a number
that belongs to (question, sample, place): the same in every batch, order and budget. Matrix
products round differently in batches of different size, so a choice that hangs on less than
rounding is reported as close; the engine then decides it on the row alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.seeds import stream

if TYPE_CHECKING:
    from evalsuite.generation.engine import Request
    from evalsuite.records.run import Decoding

__all__ = ["Choice", "choose", "draw_uniforms"]

_BLOCK = 64
_CLOSE_LOGITS = 5e-5
"""Times the best logit, or times 1: over ten times the largest float32 difference seen, 4e-6."""
_CLOSE_LAW = 2e-4
"""Of probability: what such a difference of logits moves at most, and as much again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The next token of every row."""

    tokens: torch.Tensor
    """Shape (rows,)."""
    close: torch.Tensor
    """Shape (rows,), bool: another float32 rounding might have chosen otherwise."""


def draw_uniforms(request: Request, decoding: Decoding) -> torch.Tensor | None:
    """Draw the numbers that decide one sampled answer.

    Parameters
    ----------
    request
        Names the stream: question and sample.
    decoding
        Temperature, seed and budget.

    Returns
    -------
    torch.Tensor or None
        One number in [0, 1) a token, shape (max_new_tokens,); None for greedy decoding.
    """
    if decoding.temperature == 0:
        return None
    rng = stream(decoding.seed, "sampling", request.question_id, request.sample)
    return torch.from_numpy(rng.random(decoding.max_new_tokens))


def choose(logits: torch.Tensor, decoding: Decoding, uniforms: torch.Tensor | None) -> Choice:
    """Pick the next token of each row.

    Parameters
    ----------
    logits
        Shape (rows, vocabulary).
    decoding
        Temperature and top-p.
    uniforms
        Shape (rows,), in [0, 1); None for greedy decoding.

    Returns
    -------
    Choice
    """
    if uniforms is None:
        return _likeliest(logits)
    return _drawn(torch.softmax(logits.float() / decoding.temperature, dim=-1), decoding, uniforms)


def _likeliest(logits: torch.Tensor) -> Choice:
    """Take the first largest logit, by way of block maxima: torch's own argmax is far slower."""
    padded = F.pad(logits, (0, -logits.shape[1] % _BLOCK), value=float("-inf"))
    blocks = padded.reshape(len(logits), -1, _BLOCK)
    peaks = blocks.amax(dim=-1)
    block = peaks.argmax(dim=-1, keepdim=True)
    inside = blocks.gather(1, block[:, :, None].expand(-1, 1, _BLOCK))[:, 0]
    place = inside.argmax(dim=-1, keepdim=True)
    best = inside.gather(1, place)[:, 0]
    lowest = float("-inf")
    others = torch.cat([peaks.scatter(1, block, lowest), inside.scatter(1, place, lowest)], dim=1)
    gap = best - others.amax(dim=-1)
    return Choice(
        tokens=(block * _BLOCK + place)[:, 0],
        close=gap <= _CLOSE_LOGITS * best.abs().clamp(min=1.0),
    )


def _drawn(law: torch.Tensor, decoding: Decoding, uniforms: torch.Tensor) -> Choice:
    """Invert the cumulative law; with top-p, of the smallest set of likeliest tokens."""
    edge_is_close = torch.zeros_like(uniforms, dtype=torch.bool)
    if decoding.top_p < 1:
        law, edge_is_close = _nucleus(law, decoding.top_p)
    cumulative = law.cumsum(dim=-1, dtype=torch.float64)
    target = uniforms[:, None] * cumulative[:, -1:]
    picked = torch.searchsorted(cumulative, target, right=True).clamp(max=law.shape[1] - 1)
    above = cumulative.gather(1, picked) - target
    below = law.gather(1, picked) - above
    close = (torch.minimum(above, below) <= _CLOSE_LAW)[:, 0]
    return Choice(tokens=picked[:, 0], close=close | edge_is_close)


def _nucleus(law: torch.Tensor, top_p: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Zero all but the likeliest tokens that together reach top-p; equals stay together."""
    ranked = law.sort(dim=-1, descending=True).values
    before = ranked.cumsum(dim=-1, dtype=torch.float64) - ranked
    kept = (before < top_p).sum(dim=-1, keepdim=True)
    last = ranked.gather(1, kept - 1)
    first_out = ranked.gather(1, kept.clamp(max=law.shape[1] - 1))
    near = (before - top_p).abs().amin(dim=-1, keepdim=True) <= _CLOSE_LAW
    close = near | (last - first_out <= 10 * _CLOSE_LAW * last)
    return law.masked_fill(law < last, 0.0), close[:, 0]
