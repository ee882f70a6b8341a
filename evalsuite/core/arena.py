"""Keys and values of all slots in one place, and attention over them in place.

Every slot is a row of fixed tensors. A decoding step writes one key and one value into each row
and attends over them without copying, concatenating or repeating anything: keys lie transposed,
so that scores are one matrix product, and the query heads that share a key head are its rows.
The tokens that all prompts begin with are held once, outside the slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Arena", "Pass", "PrefixPass", "PromptPass", "StepPass", "block_rows"]

_ROUND = 32
"""Attended lengths are multiples of this, so that kernels are prepared once, not each step."""


class Pass(Protocol):
    """One forward pass: where its keys and values go, and what its queries see."""

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Store keys and values and attend.

        Parameters
        ----------
        layer
            Counted from 0.
        query
            Shape (rows, heads, tokens, width), rotated.
        key, value
            Shape (rows, key heads, tokens, width); a key head serves consecutive query heads.
        scale
            Of the scores.

        Returns
        -------
        torch.Tensor
            Shape (rows, tokens, heads, width).
        """


class Arena:
    """Keys and values of every slot.

    Parameters
    ----------
    slots
        Rows that decode together.
    length
        Tokens a row can hold, the shared prefix not counted.
    """

    def __init__(self, slots: int, length: int) -> None:
        self.slots = slots
        self.length = -(-length // _ROUND) * _ROUND
        self.prefix: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        """Layer to keys (key heads, width, tokens) and values (key heads, tokens, width)."""
        self._layers: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def layer(
        self, layer: int, key: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a layer's keys and values, made on first use in the shape of what comes.

        Zeros, because a forbidden score times an unset value must be nothing, not NaN.
        """
        if layer not in self._layers:
            heads, width, value_width = key.shape[1], key.shape[3], value.shape[3]
            self._layers[layer] = (
                key.new_zeros((self.slots, heads, width, self.length)),
                value.new_zeros((self.slots, heads, self.length, value_width)),
            )
        return self._layers[layer]

    def move(self, sources: Sequence[int], targets: Sequence[int], length: int) -> None:
        """Copy the first ``length`` tokens of some rows to other places, all at once."""
        for keys, values in self._layers.values():
            taken = torch.tensor(sources, device=keys.device)
            given = torch.tensor(targets, device=keys.device)
            keys[given, :, :, :length] = keys[taken, :, :, :length]
            values[given, :, :length] = values[taken, :, :length]


class PrefixPass:
    """Compute what all prompts begin with, once.

    Parameters
    ----------
    arena
        Keeps it.
    """

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Store keys and values as the prefix and attend causally."""
        self._arena.prefix[layer] = (key[0].transpose(1, 2).contiguous(), value[0].contiguous())
        seen = F.scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scale, enable_gqa=True
        )
        return seen.transpose(1, 2)


class PromptPass:
    """Compute the rest of some prompts, padded on the right.

    Padding comes after everything a row attends to, and its keys are overwritten by the answer
    before anything sees them, so causality alone is the mask.

    Parameters
    ----------
    arena
        Holds the prefix and takes keys and values.
    places
        The rows' slots.
    """

    def __init__(self, arena: Arena, places: torch.Tensor) -> None:
        self._arena = arena
        self._places = places

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Store keys and values in the slots and attend over prefix and prompt."""
        keys, values = self._arena.layer(layer, key, value)
        tokens = key.shape[2]
        keys[self._places, :, :, :tokens] = key.transpose(2, 3)
        values[self._places, :, :tokens] = value
        mask = None
        if layer in self._arena.prefix:
            before, carried = self._arena.prefix[layer]
            rows = (key.shape[0], -1, -1, -1)
            key = torch.cat([before.transpose(1, 2).expand(rows), key], dim=2)
            value = torch.cat([carried.expand(rows), value], dim=2)
            shape = (tokens, key.shape[2])
            mask = torch.ones(shape, dtype=torch.bool, device=key.device)
            mask = mask.tril(diagonal=carried.shape[1])
        seen = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            is_causal=mask is None,
            scale=scale,
            enable_gqa=True,
        )
        return seen.transpose(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Neighbouring rows that attend over the same length."""

    start: int
    stop: int
    length: int
    forbidden: torch.Tensor
    """Shape (rows, 1, 1, length): 0 or minus infinity, to be added to the scores."""


class StepPass:
    """Decode one token in each of the first rows.

    Parameters
    ----------
    arena
        Read and written in place.
    lengths
        Tokens every row holds, the prefix not counted, before this step; one a row.
    dtype
        Of the model.
    device
        Of the model.
    """

    def __init__(
        self, arena: Arena, lengths: Sequence[int], *, dtype: torch.dtype, device: str
    ) -> None:
        self._arena = arena
        self._at = torch.tensor(lengths, device=device)
        self._rows = torch.arange(len(lengths), device=device)
        self._blocks = self._cut(lengths, dtype)

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Store one key and value a row and attend over all the row holds."""
        rows, heads, _, width = key.shape
        keys, values = self._arena.layer(layer, key, value)
        keys[self._rows, :, :, self._at] = key[:, :, 0]
        values[self._rows, :, self._at] = value[:, :, 0]
        asked = (query * scale).view(rows, heads, -1, width)
        prefix = self._arena.prefix.get(layer)
        ahead = None if prefix is None else (_scores_before(asked, prefix[0]), prefix[1])
        parts = [_attend_block(asked, keys, values, ahead, block) for block in self._blocks]
        seen = parts[0] if len(parts) == 1 else torch.cat(parts)
        return seen.view(rows, 1, query.shape[1], value.shape[3])

    def _cut(self, lengths: Sequence[int], dtype: torch.dtype) -> list[_Block]:
        """Cut the rows into blocks of neighbours and forbid each row what it does not hold."""
        size = block_rows(len(lengths))
        cuts: list[tuple[int, int]] = []
        for start in range(0, len(lengths), size):
            length = -(-(max(lengths[start : start + size]) + 1) // _ROUND) * _ROUND
            if not cuts or cuts[-1][1] != length:
                cuts.append((start, length))
        stops = [start for start, _ in cuts[1:]] + [len(lengths)]
        return [
            _Block(
                start=start,
                stop=stop,
                length=length,
                forbidden=self._forbidden(start, stop, length, dtype),
            )
            for (start, length), stop in zip(cuts, stops, strict=True)
        ]

    def _forbidden(self, start: int, stop: int, length: int, dtype: torch.dtype) -> torch.Tensor:
        beyond = torch.arange(length, device=self._at.device) > self._at[start:stop, None]
        zeros = torch.zeros(beyond.shape, dtype=dtype, device=beyond.device)
        return zeros.masked_fill(beyond, float("-inf"))[:, None, None]


def block_rows(rows: int) -> int:
    """Say how many neighbouring rows share an attended length.

    Parameters
    ----------
    rows
        All rows of a step.

    Returns
    -------
    int
        A quarter of them, but so many that a block's launch is cheaper than what it saves.
    """
    return max(_ROUND, -(-rows // 4))


def _scores_before(asked: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Score the shared prefix for all rows in one product a key head."""
    rows, heads, groups, width = asked.shape
    folded = asked.transpose(0, 1).reshape(heads, rows * groups, width)
    return torch.bmm(folded, keys).view(heads, rows, groups, -1).transpose(0, 1)


def _attend_block(
    asked: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    ahead: tuple[torch.Tensor, torch.Tensor] | None,
    block: _Block,
) -> torch.Tensor:
    """Attend over prefix and slots of one block; shape (rows, heads, groups, width)."""
    part = slice(block.start, block.stop)
    scores = torch.matmul(asked[part], keys[part, :, :, : block.length])
    scores.add_(block.forbidden)
    if ahead is None:
        return torch.matmul(scores.softmax(dim=-1), values[part, :, : block.length])
    early, prefix_values = ahead
    shares = torch.cat([early[part], scores], dim=-1).softmax(dim=-1)
    before, own = torch.split(shares, [early.shape[3], block.length], dim=-1)
    rows, heads, groups, _ = own.shape
    folded = before.transpose(0, 1).reshape(heads, rows * groups, -1)
    carried = torch.bmm(folded, prefix_values).view(heads, rows, groups, -1).transpose(0, 1)
    return torch.matmul(own, values[part, :, : block.length]).add_(carried)
