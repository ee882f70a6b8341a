"""Close choices, decided by the model's plain forward pass over one row and nothing else.

Without arena, neighbours or padding of theirs, shapes depend on the row alone, so rounding is the
same in every batch; a cache would bring back how the row got here.

A greedy choice is decided as it comes. Draws from a large vocabulary are close too often for that:
they are taken as they come, and those of a block of positions are held against one pass over the
whole block. What comes later in a row changes no bit of what stands before it, where every token is
computed in the same shapes; the pass is as long as the block, however far the row has got.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch

from evalsuite.generation.penalty import occurrence, penalised
from evalsuite.generation.sampling import choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.generation.slots.answers import Row
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding

__all__ = ["BLOCK", "Alone", "ends_block"]

BLOCK = 128
"""Positions of an answer that are decided together: more of them are fewer passes, each longer for
an answer that ends early."""


def ends_block(row: Row) -> bool:
    """Tell whether a row has come to the end of a block of positions."""
    return len(row.written) % BLOCK == 0


class Alone:
    """A model asked about one row at a time."""

    def __init__(self, loaded: LoadedModel, decoding: Decoding) -> None:
        self._loaded, self._decoding = loaded, decoding
        config = loaded.model.config.get_text_config()
        self._positions = int(getattr(config, "max_position_embeddings", None) or 0)
        # Experts compute the tokens that were sent to them: a later one changes an earlier one's
        # shapes there.
        self._is_alike = not any("expert" in name for name in config.to_dict())

    def choice(self, prompt: list[int], row: Row) -> int:
        """Choose the next token of a row."""
        place = len(row.written)
        logits = self._logits(prompt + row.written, len(prompt) + place, 1)
        return self._chosen(logits[0], prompt, row, place)

    def first_other(self, prompt: list[int], row: Row) -> tuple[int, int] | None:
        """Find the first of a row's close choices that is another here: its place, and the token.

        The close choices are of one block.
        """
        for shape, places in groupby(row.close, lambda place: self._shape(prompt, place)):
            logits = self._logits(prompt + row.written, *shape)
            for place in places:
                # the last ones are kept, and those at a token choose the next one
                of_place = logits[len(prompt) + place - 1 - shape[0]]
                token = self._chosen(of_place, prompt, row, place)
                if token != (row.written[place] if place < len(row.written) else row.end):
                    return place, token
        return None

    def _shape(self, prompt: Sequence[int], place: int) -> tuple[int, int]:
        """Say how many tokens the pass that decides a place reads, and how many logits it gives.

        A matter of the place alone, however far the row has got.
        """
        whole = len(prompt) + (place // BLOCK + 1) * BLOCK - 1
        is_whole = self._is_alike and whole <= self._positions
        return (whole, BLOCK) if is_whole else (len(prompt) + place, 1)

    def _logits(self, ids: list[int], length: int, kept: int) -> torch.Tensor:
        # any token will do behind the row's own: nothing before it sees it
        ids = ids[:length] + [0] * (length - len(ids))
        output: Any = self._loaded.model(
            input_ids=torch.tensor([ids], device=self._loaded.device),
            use_cache=False,
            logits_to_keep=kept,
        )
        logits: torch.Tensor = output.logits[0]
        return logits

    def _chosen(self, logits: torch.Tensor, prompt: list[int], row: Row, place: int) -> int:
        logits, penalty = logits[None], self._decoding.repetition_penalty
        if penalty != 1:
            read = prompt + row.written[:place]
            marks = occurrence(read, logits.shape[1], logits.device)
            logits = penalised(logits, marks[None], penalty)
        uniform = None if row.uniforms is None else row.uniforms[place : place + 1]
        choice = choose(
            logits, self._decoding, None if uniform is None else uniform.to(logits.device)
        )
        choice.check([row.request.question_id])
        return int(choice.tokens[0])
