"""Rows: the answers being written, and which slot each is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from evalsuite.generation.engine import Request
    from evalsuite.generation.stops import StopWatch

__all__ = ["Row", "arrange"]

_ALIKE = 128
"""Rows that differ by fewer tokens are not worth moving."""


@dataclass(slots=True, eq=False)
class Row:
    """One answer being written."""

    request: Request
    prompt: list[int]
    """Tokens after the shared prefix; at least one."""
    uniforms: torch.Tensor | None
    """From `evalsuite.generation.sampling.draw_uniforms`."""
    watch: StopWatch | None = None
    """Where there are stop strings."""
    written: list[int] = field(default_factory=list)
    is_finished: bool = False
    end: int | None = None
    """The end token that finished it; None for an answer that was cut off or stopped."""
    stop_end: int | None = None
    """Characters up to the end of the stop string that finished it."""
    close: list[int] = field(default_factory=list)
    """Places of close draws, in order, that were taken as they came: to be held against the row
    alone."""
    slot: int = -1
    """-1 before it has one."""
    occurring: torch.Tensor | None = None
    """By token id, whether it stands in prompt or answer; made where a penalty needs it."""

    @property
    def question_id(self) -> str:
        """Of the question that is answered."""
        return self.request.question_id

    @property
    def sample(self) -> int:
        """Which answer to the question it is."""
        return self.request.sample

    @property
    def held(self) -> int:
        """Tokens in the slot, the shared prefix not counted: all but the newest."""
        return len(self.prompt) + len(self.written) - 1

    @property
    def newest(self) -> int:
        """The token to be read next."""
        return self.written[-1] if self.written else self.prompt[-1]

    def write(self, token: int) -> None:
        """Add a token to the answer."""
        self.written.append(token)
        if self.occurring is not None:
            self.occurring[token] = True

    def rewind(self, place: int) -> None:
        """Take back what was written from a place on; a watch has to read again."""
        del self.written[place:]
        self.end = self.stop_end = self.occurring = None
        self.is_finished = False


def arrange(rows: Sequence[Row], block: int) -> list[int]:
    """Give each row a slot so that rows of similar length share a block, moving few.

    ``block`` counts neighbouring slots that share an attended length. The slots, in the order of
    ``rows``, are 0 to n - 1, each once: the longest rows in the first block, the next in the
    second; where all are of similar length, any order will do.
    """
    ranked = sorted(range(len(rows)), key=lambda i: (-rows[i].held, rows[i].slot))
    if ranked and rows[ranked[0]].held - rows[ranked[-1]].held <= _ALIKE:
        block = len(rows)
    block_of = {i: rank // block for rank, i in enumerate(ranked)}
    # A move copies all keys and values of a row in every layer, so a row in the right block stays
    # in its slot, whatever its rank inside the block.
    slots = {
        i: rows[i].slot
        for i in ranked
        if 0 <= rows[i].slot < len(rows) and rows[i].slot // block == block_of[i]
    }
    taken = set(slots.values())
    free = [slot for slot in range(len(rows)) if slot not in taken]
    movers = sorted((i for i in ranked if i not in slots), key=lambda i: block_of[i])
    slots |= dict(zip(movers, free, strict=True))
    return [slots[i] for i in range(len(rows))]
