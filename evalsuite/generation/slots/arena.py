"""The arena: keys and values of all slots, and attention over them without a copy.

Every slot is a row of some tensors. A decoding step writes one key and one value into each row
and attends over them without copying, concatenating or repeating anything: scores are one matrix
product with transposed keys, and the query heads that share a key head are its rows. Rows of
similar length share a block, and a step reads of it what its longest row holds. The arena does not
know which answer is in which slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.generation.slots.block import SlotBlock
from evalsuite.generation.slots.kernels import compiled_kernels
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.generation.slots.kernels import Kernels

__all__ = ["Arena", "Pass", "PrefixPass", "PromptPass", "StepPass"]

_ROUND = 64
"""The compiled kernels count on a room that is a multiple of 64."""
_SPARE, _LEAST_SPARE = 2, 512
"""A block is made longer than it must be by one token in this many, and by so many at least, so
that it grows seldom: that copies all that is held into memory which the system has to clear first.
With 64 tokens more each time it took a quarter of float32 answers of 300 tokens (docs/lab-log.md,
2026-12-02)."""
_ATTENDED = 16
"""Products take this many tokens at a time: the kernels read a part of a block where it lies, at
worst as fast as a whole one, as long as keys lie transposed."""
_SLACK = 128
"""A block is shortened when it has so much more than twice what it must have and than it would be
given."""
_BLOCK_ROWS = 64
"""At least; a smaller block saves less than its launches cost."""


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
        """Store keys and values and attend; returns shape (rows, tokens, heads, width).

        Layers count from 0. The query has shape (rows, heads, tokens, width) and is rotated, as
        the key is; key and value have shape (rows, key heads, tokens, width), and a key head
        serves consecutive query heads. Scores are multiplied by ``scale``.
        """


class Arena:
    """Keys and values of every slot, in blocks of neighbouring slots.

    ``slots`` counts the rows that decode together, ``longest`` the tokens that a row may come to
    hold; None where that isn't known.
    """

    def __init__(self, slots: int, longest: int | None = None) -> None:
        self.slots = slots
        self._longest = longest
        # At most four blocks, however many slots: each is a round of launches in every layer.
        self.block_rows = max(_BLOCK_ROWS, -(-slots // 4))
        self.prefix: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        """Layer to keys and values of what all prompts begin with: (1, heads, tokens, width)."""
        self._span: int | None = None
        """Tokens whose keys lie side by side, as the kernels take them; all where torch attends."""
        self._room: list[int] = []
        """Tokens a row of each block can hold."""
        self._layers: dict[int, list[SlotBlock]] = {}
        """Layer to its blocks."""

    def begin(self, longest: int) -> None:
        """Forget what was held, and keep the room for other rows.

        Rows may come to hold ``longest`` tokens. What a former row wrote lies beyond what the next
        one holds, as within one list of answers; it is finite, else an error ended that list.
        """
        self._longest = longest
        self.prefix = {}

    @property
    def n_bytes(self) -> int:
        """Memory of all blocks."""
        return sum(block.nbytes for blocks in self._layers.values() for block in blocks)

    def blocks(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> list[SlotBlock]:
        """Return a layer's keys and values, made on first use in the shape of what comes."""
        if layer not in self._layers:
            kernels, _ = compiled_kernels(key.dtype, key.device.type, key.shape[3])
            serves = kernels is not None and value.shape[3] == key.shape[3]
            self._span = kernels.span if kernels is not None and serves else None
            self._layers[layer] = [
                SlotBlock.empty(key, value, **self._shape(index, room))
                for index, room in enumerate(self._room)
            ]
        return self._layers[layer]

    def made_blocks(self, layers: int) -> list[list[SlotBlock]] | None:
        """Return the keys and values of all layers; None where one was never used."""
        if any(layer not in self._layers for layer in range(layers)):
            return None
        return [self._layers[layer] for layer in range(layers)]

    def reserve(self, held: Sequence[int], *, trim: bool = False) -> None:
        """Make every block long enough for one more token a row.

        ``held`` counts the tokens in each slot, from the first slot on. ``trim`` gives back what
        is no longer needed: whole blocks behind the last row, and room beyond some slack.
        """
        room = [
            _rounded(max(held[start : start + self.block_rows]) + 1)
            for start in range(0, len(held), self.block_rows)
        ]
        if trim:
            self._room = self._room[: len(room)]
            for blocks in self._layers.values():
                del blocks[len(room) :]
        # Growing happens at once, shrinking only beyond some slack and between steps: a block whose
        # longest row has ended would otherwise be copied back and forth.
        for index, needed in enumerate(room):
            if index == len(self._room):
                self._room.append(0)
            has, given = self._room[index], self._with_spare(needed)
            if has < needed or (trim and has > max(2 * needed, given) + _SLACK):
                self._resize(index, given)

    def _with_spare(self, needed: int) -> int:
        """Add room to grow into, but none beyond what a row may come to hold."""
        room = _rounded(needed + max(needed // _SPARE, _LEAST_SPARE))
        return room if self._longest is None else max(needed, min(room, _rounded(self._longest)))

    def move(self, moves: Sequence[tuple[int, int, int]]) -> None:
        """Copy rows to other slots, all at once: (source, target, tokens held)."""
        addresses = [
            (divmod(source, self.block_rows), divmod(target, self.block_rows), held)
            for source, target, held in moves
        ]
        for blocks in self._layers.values():
            # All sources are copied out before any target is written: rows may trade slots.
            copies = [blocks[b].row(row, held) for (b, row), _, held in addresses]
            for (_, (b, row), held), copied in zip(addresses, copies, strict=True):
                blocks[b].set_row(row, held, copied)

    def _resize(self, index: int, room: int) -> None:
        self._room[index] = room
        for blocks in self._layers.values():
            shape = self._shape(index, room)
            if index == len(blocks):
                blocks.append(blocks[0].emptied(**shape))
            else:
                blocks[index] = blocks[index].resized(**shape)

    def _shape(self, index: int, room: int) -> dict[str, int]:
        """Say how large a block is."""
        rows = min(self.block_rows, self.slots - index * self.block_rows)
        return {"rows": rows, "room": room, "span": self._span or room}


def _rounded(tokens: int) -> int:
    return -(-tokens // _ROUND) * _ROUND


class PrefixPass:
    """The pass over what all prompts begin with, computed once."""

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
        self._arena.prefix[layer] = (key, value)
        return _attend_causally(query, key, value, scale)


class PromptPass:
    """The pass over what prompts hold beyond the prefix, padded on the right.

    ``slots`` are those of the rows; their blocks must have room for what the rows hold. Padding
    comes after everything a row attends to, and its keys are overwritten by the answer before
    anything attends to them, so causality alone is the mask.
    """

    def __init__(self, arena: Arena, slots: Sequence[int], *, device: str) -> None:
        self._arena = arena
        lists: dict[int, tuple[list[int], list[int]]] = {}
        for row, slot in enumerate(slots):
            block, slot_in_block = divmod(slot, arena.block_rows)
            rows, block_slots = lists.setdefault(block, ([], []))
            rows.append(row)
            block_slots.append(slot_in_block)
        self._targets = {
            block: (torch.tensor(rows, device=device), torch.tensor(slots, device=device))
            for block, (rows, slots) in lists.items()
        }

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Store keys and values in the slots, prefix first, and attend over them."""
        # The prefix is copied into every slot, so that a step attends to one stretch: attending to
        # it apart gained nothing (docs/lab-log.md, 2026-11-22).
        if layer in self._arena.prefix:
            shape = (key.shape[0], -1, -1, -1)
            keys, values = self._arena.prefix[layer]
            key = torch.cat([keys.expand(shape), key], dim=2)
            value = torch.cat([values.expand(shape), value], dim=2)
        blocks = self._arena.blocks(layer, key, value)
        for index, (rows, slots) in self._targets.items():
            stored = min(key.shape[2], blocks[index].room)  # what is beyond is padding
            blocks[index].store(slots, key[rows, :, :stored], value[rows, :, :stored])
        return _attend_causally(query, key, value, scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The rows of one block in a step."""

    rows: slice
    reach: int
    """Tokens attended to: those of the longest row, and a few that are forbidden."""
    slots: torch.Tensor
    """Of the rows, counted inside the block."""
    at: torch.Tensor
    """The token each row writes."""

    def forbidden(self, dtype: torch.dtype) -> torch.Tensor:
        """Give what is added to the scores: 0 or minus infinity, shape (rows, 1, 1, reach)."""
        beyond = torch.arange(self.reach, device=self.at.device) > self.at[:, None]
        zeros = torch.zeros(beyond.shape, dtype=dtype, device=self.at.device)
        return zeros.masked_fill(beyond, float("-inf"))[:, None, None]


class StepPass:
    """The pass that decodes one token in each of the first slots.

    ``held`` counts the tokens each row holds before this step.
    """

    def __init__(
        self, arena: Arena, held: Sequence[int], *, dtype: torch.dtype, device: str
    ) -> None:
        arena.reserve(held)
        self._arena = arena
        self._parts = []
        self._dtype = dtype
        self._forbidden: list[torch.Tensor] = []
        """Of each part; made where torch attends."""
        for start in range(0, len(held), arena.block_rows):
            at = torch.tensor(held[start : start + arena.block_rows], device=device)
            reach = -(-(max(held[start : start + arena.block_rows]) + 1) // _ATTENDED) * _ATTENDED
            self._parts.append(
                _Part(
                    rows=slice(start, start + len(at)),
                    reach=reach,
                    slots=torch.arange(len(at), device=device),
                    at=at,
                )
            )

    @property
    def starts(self) -> list[int]:
        """The first row of each block."""
        return [part.rows.start for part in self._parts]

    def blocks(self, layers: int) -> list[list[SlotBlock]] | None:
        """Give keys and values of all layers, by layer and block; None before they are made."""
        return self._arena.made_blocks(layers)

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
        blocks = self._arena.blocks(layer, key, value)
        kernels, _ = compiled_kernels(query.dtype, query.device.type, width)
        if kernels is not None and kernels.takes(query, key, value):
            return self._attended(kernels, blocks, (query, key, value), scale)
        # The scale goes to the query, which has one token, not to the scores, which have as many
        # as the row. The query heads of one key head become rows of one product: repeating keys
        # for them would cost 14 to 46 ms a step (docs/lab-log.md, 2026-11-22).
        grouped = (query * scale).view(rows, heads, -1, width)
        if not self._forbidden:
            self._forbidden = [part.forbidden(self._dtype) for part in self._parts]
        outputs = []
        for part, forbidden, block in zip(self._parts, self._forbidden, blocks, strict=True):
            # Write before attending: a token attends to itself.
            block.store_one(part.slots, part.at, key[part.rows, :, 0], value[part.rows, :, 0])
            count = len(part.at)
            keys = block.transposed_keys(count, part.reach)
            shares = torch.matmul(grouped[part.rows], keys).add_(forbidden).softmax(dim=-1)
            outputs.append(torch.matmul(shares, block.values[:count, :, : part.reach]))
        output = outputs[0] if len(outputs) == 1 else torch.cat(outputs)
        return output.view(rows, 1, query.shape[1], value.shape[3])

    def _attended(
        self,
        kernels: Kernels,
        blocks: list[SlotBlock],
        tensors: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        scale: float,
    ) -> torch.Tensor:
        """Do the same to query, key and value with the compiled kernel."""
        query, key, value = (t[:, :, 0] for t in tensors)
        output = torch.empty_like(query, memory_format=torch.contiguous_format)
        for part, block in zip(self._parts, blocks, strict=True):
            rows = part.rows
            kernels.attend(
                *(query[rows], key[rows], value[rows], block),
                at=part.at,
                scale=scale,
                out=output[rows],
            )
        return output[:, None]


def _attend_causally(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float
) -> torch.Tensor:
    """Attend where the queries are the last of the tokens."""
    n_queries, n_keys = query.shape[2], key.shape[2]
    mask = None
    if n_queries != n_keys:
        # torch's is_causal puts the first query at the first key; behind a prefix the last query
        # stands at the last key.
        mask = torch.ones((n_queries, n_keys), dtype=torch.bool, device=query.device)
        mask = mask.tril(diagonal=n_keys - n_queries)
    output = F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None, scale=scale, enable_gqa=True
    )
    return output.transpose(1, 2)
