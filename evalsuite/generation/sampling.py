"""The choice of the next token of every row, and where rounding could have chosen otherwise.

A sampled token is drawn by inverting the cumulative law in the order of token ids with a number
that belongs to (question, sample, position): the same in every batch, order and budget. Matrix
products round differently in batches of different size, so a choice that hangs on less than
rounding is reported as close; what to do about it is the engine's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.errors import RunFailedError
from evalsuite.records.dataclass import dataclass
from evalsuite.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.records.run import Decoding

__all__ = ["Choice", "choose", "draw_uniforms", "two_largest"]

_BLOCK = 64
_CLOSE_LOGITS = 5e-5
"""Times the best logit, or times 1: over ten times the largest float32 difference measured, 4e-6.
Too wide costs a forward pass now and then; too narrow would let a batch decide a token."""
_CLOSE_LAW = 2e-4
"""Of probability: twenty times the largest difference of a cumulative law measured, 1.1e-5 over 609
draws from 49,152 tokens (docs/lab-log.md, 2026-12-01)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The next token of every row."""

    tokens: torch.Tensor
    """Shape (rows,)."""
    close: torch.Tensor
    """Shape (rows,), bool: another float32 rounding might have chosen otherwise. True as well where
    the logits are not finite."""
    peak: torch.Tensor
    """Shape (rows,): not finite where the logits are not, so that nothing was chosen."""

    def check(self, question_ids: Sequence[str]) -> None:
        """Raise RunFailedError where a row has no finite logits; ids are by row."""
        if bool(torch.isfinite(self.peak).all()):
            return
        row = int((~torch.isfinite(self.peak)).nonzero()[0, 0])
        raise RunFailedError(
            "the model's logits are not finite (NaN or infinity) for question {question}: its "
            "weights are damaged, or too large for this dtype; use another checkpoint, or --dtype "
            "float32",
            question=question_ids[row],
        )


def draw_uniforms(request: Request, decoding: Decoding) -> torch.Tensor | None:
    """Draw the numbers in [0, 1) that decide one sampled answer; shape (max_new_tokens,).

    None for greedy decoding.
    """
    if decoding.temperature == 0:
        return None
    # One number a token from the answer's own stream, so a longer budget only draws on: the first
    # tokens of an answer are the same at every budget.
    rng = stream(decoding.seed, "sampling", request.question_id, request.sample)
    return torch.from_numpy(rng.random(decoding.max_new_tokens))


def two_largest(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Find the first largest logit of each row: its token, it, and the largest of the others.

    ``logits`` has shape (rows, vocabulary), what is returned shape (rows,). Of a row with NaN the
    largest is NaN.
    """
    # By block maxima: torch's arg-max over a whole vocabulary took 22 ms a step, this 1.9
    # (docs/lab-log.md, 2026-11-22).
    padded = F.pad(logits, (0, -logits.shape[1] % _BLOCK), value=float("-inf"))
    blocks = padded.reshape(len(logits), -1, _BLOCK)
    peaks = blocks.amax(dim=-1)
    block = peaks.argmax(dim=-1, keepdim=True)
    inside = blocks.gather(1, block[:, :, None].expand(-1, 1, _BLOCK))[:, 0]
    offset = inside.argmax(dim=-1, keepdim=True)
    best = inside.gather(1, offset)[:, 0]
    # The runner-up is the peak of another block, or the next one of this block.
    lowest = float("-inf")
    others = torch.cat([peaks.scatter(1, block, lowest), inside.scatter(1, offset, lowest)], dim=1)
    return (block * _BLOCK + offset)[:, 0], best, others.amax(dim=-1)


def choose(
    logits: torch.Tensor,
    decoding: Decoding,
    uniforms: torch.Tensor | None,
    *,
    leaders: Callable[[torch.Tensor], tuple[torch.Tensor, ...]] = two_largest,
) -> Choice:
    """Choose the next token of each row from logits of shape (rows, vocabulary).

    ``uniforms`` has shape (rows,) and lies in [0, 1); None decodes greedily, by ``leaders``, which
    does what `two_largest` does.
    """
    if uniforms is None:
        return _likeliest(*leaders(logits))
    return _sampled(
        torch.softmax(logits.float() / decoding.temperature, dim=-1), decoding, uniforms
    )


def _likeliest(tokens: torch.Tensor, best: torch.Tensor, second: torch.Tensor) -> Choice:
    return Choice(
        tokens=tokens,
        # Rounding grows with the size of what is rounded, but not below 1: logits near 0 are sums
        # of larger terms. Not greater, instead of at most: NaN is neither.
        close=~(best - second > _CLOSE_LOGITS * best.abs().clamp(min=1.0)),
        peak=best,
    )


def _sampled(law: torch.Tensor, decoding: Decoding, uniforms: torch.Tensor) -> Choice:
    """Invert the cumulative law; with top-p, of the smallest set of likeliest tokens."""
    # Softmax spreads one NaN or infinity over its whole row.
    peak = law[:, 0]
    is_edge_close = torch.zeros_like(uniforms, dtype=torch.bool)
    if decoding.top_p < 1:
        law, is_edge_close = _nucleus(law, decoding.top_p)
    # In float64, for rounding in a sum over the vocabulary would be as large as what is close. The
    # target is scaled by the sum itself: a law cut by top-p no longer sums to 1.
    cumulative = law.cumsum(dim=-1, dtype=torch.float64)
    target = uniforms[:, None] * cumulative[:, -1:]
    tokens = torch.searchsorted(cumulative, target, right=True).clamp(max=law.shape[1] - 1)
    above = cumulative.gather(1, tokens) - target
    below = law.gather(1, tokens) - above
    close = ~(torch.minimum(above, below) > _CLOSE_LAW)[:, 0]
    return Choice(tokens=tokens[:, 0], close=close | is_edge_close, peak=peak)


def _nucleus(law: torch.Tensor, top_p: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Zero all but the likeliest tokens that together reach top-p; tell whose edge is close."""
    ranked = law.sort(dim=-1, descending=True).values
    before = ranked.cumsum(dim=-1, dtype=torch.float64) - ranked
    size = (before < top_p).sum(dim=-1, keepdim=True)
    last = ranked.gather(1, (size - 1).clamp(min=0))  # none in a row of NaN
    first_out = ranked.gather(1, size.clamp(max=law.shape[1] - 1))
    near = (before - top_p).abs().amin(dim=-1, keepdim=True) <= _CLOSE_LAW
    close = near | (last - first_out <= 10 * _CLOSE_LAW * last)
    # By probability, not by rank: tokens that are equally likely stay or go together, so a sort
    # that breaks ties otherwise changes nothing.
    return law.masked_fill(law < last, 0.0), close[:, 0]
