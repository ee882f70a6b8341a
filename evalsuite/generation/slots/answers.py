"""The answers being written, and which slot each is in."""

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
    place: int = -1
    """Its slot; -1 before it has one."""

    @property
    def held(self) -> int:
        """Tokens in the slot: all but the newest."""
        return len(self.prompt) + len(self.written) - 1

    @property
    def newest(self) -> int:
        """The token to be read next."""
        return self.written[-1] if self.written else self.prompt[-1]


def arrange(rows: Sequence[Row], block: int) -> list[int]:
    """Put rows of similar length next to each other, moving as few as possible.

    Parameters
    ----------
    rows
        Those in slots first or not, in any order.
    block
        Neighbours that share an attended length.

    Returns
    -------
    list of int
        The new place of each row: 0 to n - 1, each once, the longest rows in the first block,
        the next in the second; where all are of similar length, any order will do. A row that
        is in the right block stays where it is.
    """
    ranked = sorted(range(len(rows)), key=lambda i: (-rows[i].held, rows[i].place))
    if ranked and rows[ranked[0]].held - rows[ranked[-1]].held <= _ALIKE:
        block = len(rows)
    wanted = {i: rank // block for rank, i in enumerate(ranked)}
    stays = {
        i: rows[i].place
        for i in ranked
        if 0 <= rows[i].place < len(rows) and rows[i].place // block == wanted[i]
    }
    taken = set(stays.values())
    free = [p for p in range(len(rows)) if p not in taken]
    movers = sorted((i for i in ranked if i not in stays), key=lambda i: wanted[i])
    places = stays | dict(zip(movers, free, strict=True))
    return [places[i] for i in range(len(rows))]
