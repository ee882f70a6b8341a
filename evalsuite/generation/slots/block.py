"""Keys and values of neighbouring slots, in the order in which a step reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.generation.slots.pages import paged_zeros
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    import torch

__all__ = ["SlotBlock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotBlock:
    """Keys and values of some rows, each with room for as many tokens.

    Keys lie transposed, so that scores are one matrix product, in spans of tokens one after the
    other: what a row holds is then one stretch of memory, however much room it has, and the rest
    of its room takes none before it is written.
    """

    keys: torch.Tensor
    """Shape (rows, heads, spans, width, tokens of a span)."""
    values: torch.Tensor
    """Shape (rows, heads, room, width)."""

    @classmethod
    def empty(
        cls, key: torch.Tensor, value: torch.Tensor, *, rows: int, room: int, span: int
    ) -> SlotBlock:
        """Make a block of zeros for keys and values such as these.

        They have the shape (rows, heads, tokens, width); ``room`` is a multiple of ``span``. Zeros,
        for a token that is masked out has a share of 0, and 0 times what was never set may be NaN.
        """
        heads, width = key.shape[1], key.shape[3]
        return cls(
            keys=paged_zeros((rows, heads, room // span, width, span), key),
            values=paged_zeros((rows, heads, room, value.shape[3]), value),
        )

    @property
    def room(self) -> int:
        """Tokens a row can hold."""
        return self.values.shape[2]

    @property
    def nbytes(self) -> int:
        """Memory of both."""
        return self.keys.nbytes + self.values.nbytes

    def emptied(self, *, rows: int, room: int, span: int) -> SlotBlock:
        """Make another one of zeros for such keys and values."""
        key = self.keys[:, :, 0].transpose(2, 3)
        return SlotBlock.empty(key, self.values, rows=rows, room=room, span=span)

    def resized(self, *, rows: int, room: int, span: int) -> SlotBlock:
        """Copy into a longer or shorter one; spans stay as long, or one stays all the room."""
        other = self.emptied(rows=rows, room=room, span=span)
        kept, held = slice(len(self.keys)), min(room, self.room)
        _held(other.keys[kept], held).copy_(_held(self.keys, held))
        other.values[kept, :, :held] = self.values[:, :, :held]
        return other

    def row(self, row: int, held: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Copy out what a row holds."""
        return _held(self.keys[row], held).clone(), self.values[row, :, :held].clone()

    def set_row(self, row: int, held: int, copied: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Store what another row holds."""
        keys, values = copied
        _held(self.keys[row], held).copy_(keys)
        self.values[row, :, :held] = values

    def store(self, rows: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> None:
        """Store tokens in some rows from the first token on: (rows, heads, tokens, width)."""
        tokens, span = key.shape[2], self.keys.shape[4]
        for index, start in enumerate(range(0, tokens, span)):
            part = key[:, :, start : start + span].transpose(2, 3)
            self.keys[rows, :, index, :, : part.shape[3]] = part
        self.values[rows, :, :tokens] = value

    def store_one(
        self, rows: torch.Tensor, at: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> None:
        """Store one token a row, each at its own place: (rows, heads, width)."""
        span = self.keys.shape[4]
        self.keys[rows, :, at // span, :, at % span] = key
        self.values[rows, :, at] = value

    def transposed_keys(self, rows: int, reach: int) -> torch.Tensor:
        """Give the first tokens' keys of the first rows, (rows, heads, width, tokens).

        Not copied where a span is all the room.
        """
        keys = self.keys[:rows]
        return keys.transpose(2, 3).flatten(3)[..., :reach]


def _held(keys: torch.Tensor, held: int) -> torch.Tensor:
    """View the spans that hold so many tokens, whole where there are several."""
    span = keys.shape[-1]
    return keys[..., : -(-held // span), :, : min(held, span)]
