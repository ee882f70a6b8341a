"""Decode a list of answers in a fixed number of slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from evalsuite.generation.sampling import choose
from evalsuite.generation.slots.answers import Row, arrange
from evalsuite.generation.slots.arena import Arena, PrefixPass, PromptPass, StepPass
from evalsuite.generation.tokens import respond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.generation.slots.decoders import Decoder
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding, Response

__all__ = ["SlotRun"]

_PROMPT_TOKENS = 1024
"""Of one prompt pass, padding included."""
_PROMPT_ROUND = 16
"""Prompt passes come in few lengths: the linear algebra library keeps kernels for every shape,
2 MB and more each. Padding never reaches past what an answer may reach."""
_REFILL_SHARE = 16
"""Slots are refilled when one in this many is free: each prompt pass reads all the weights."""


class SlotRun:
    """One arena from its first prompt to its last answer.

    Parameters
    ----------
    loaded, decoder
        The model and how to run it.
    decoding
        Budget, temperature and seed.
    prefix
        Tokens all prompts begin with; may be none.
    rows
        In the order in which they get slots.
    slots
        How many decode together.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        decoder: Decoder,
        decoding: Decoding,
        prefix: list[int],
        rows: list[Row],
        *,
        slots: int,
    ) -> None:
        self._loaded = loaded
        self._decoder = decoder
        self._decoding = decoding
        self._prefix = prefix
        self._waiting = rows[::-1]
        self._in_slots: list[Row] = []
        """By place; a finished one stays until its slot is filled or given up."""
        self._arena = Arena(slots)
        self._eos = frozenset(loaded.eos_ids)
        self.close_choices = 0
        """Tokens that were decided on the row alone."""

    @torch.inference_mode()
    def responses(self) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished."""
        if self._prefix:
            self._decoder.read(
                *self._ids_and_positions([self._prefix], 0, len(self._prefix)),
                PrefixPass(self._arena),
            )
        self._refill()
        while self._in_slots:
            for row, token in zip(self._in_slots, self._next_tokens(), strict=True):
                if not row.is_finished and (response := self._written(row, token)):
                    yield response
            self._refill()

    def _written(self, row: Row, token: int) -> Response | None:
        """Add a token to an answer; return the answer if that finishes it."""
        ended, stop_end = token in self._eos, None
        if not ended:
            row.written.append(token)
            stop_end = row.watch.read(token) if row.watch else None
        full = len(row.written) == self._decoding.max_new_tokens
        row.is_finished = ended or full or stop_end is not None
        if not row.is_finished:
            return None
        return respond(
            self._loaded.tokenizer, row.request, row.written, ended=ended, stop_end=stop_end
        )

    def _refill(self) -> None:
        """Give the slots of finished rows to waiting ones, and close the gaps."""
        going = [row for row in self._in_slots if not row.is_finished]
        ended = len(self._in_slots) - len(going)
        if self._in_slots and ended < max(1, len(self._in_slots) // _REFILL_SHARE):
            return
        room = self._arena.slots - len(going)
        coming = [self._waiting.pop() for _ in range(min(room, len(self._waiting)))]
        rows = going + coming
        places = arrange(rows, self._arena.block_rows)
        ordered = [row for _, row in sorted(zip(places, rows, strict=True), key=lambda p: p[0])]
        held = [self._held(row) for row in ordered]
        self._arena.reserve(held)
        moved = [(r, p) for r, p in zip(going, places, strict=False) if r.place != p]
        self._arena.move([(row.place, place, self._held(row)) for row, place in moved])
        for place, row in enumerate(ordered):
            row.place = place
        self._in_slots = ordered
        self._read_prompts([row for row in coming if len(row.prompt) > 1])
        if ordered:
            self._arena.reserve(held, trim=True)

    def _read_prompts(self, rows: list[Row]) -> None:
        """Read all but the last token of each prompt, longest first, in passes of bounded size."""
        while rows:
            fitting = max(1, _PROMPT_TOKENS // len(rows[0].prompt))
            part, rows = rows[:fitting], rows[fitting:]
            prompts = [row.prompt[:-1] for row in part]
            longest = max(map(len, prompts))
            longest += min(-longest % _PROMPT_ROUND, self._decoding.max_new_tokens)
            ids, positions = self._ids_and_positions(prompts, len(self._prefix), longest)
            places = [row.place for row in part]
            place = PromptPass(self._arena, places, device=self._loaded.device)
            self._decoder.read(ids, positions, place)

    def _held(self, row: Row) -> int:
        """Count a row's tokens in its slot."""
        return len(self._prefix) + row.held

    def _ids_and_positions(
        self, prompts: list[list[int]], start: int, longest: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pad on the right to one length; positions count from ``start``."""
        device = self._loaded.device
        ids = torch.tensor([p + [0] * (longest - len(p)) for p in prompts], device=device)
        positions = torch.arange(start, start + longest, device=device)
        return ids, positions.expand(len(prompts), -1)

    def _next_tokens(self) -> list[int]:
        """Decode one step; what a finished row gets is noise."""
        rows = self._in_slots
        choice = choose(self._next_logits(rows), self._decoding, self._uniforms(rows))
        tokens: list[int] = choice.tokens.tolist()
        if self._loaded.dtype == "float32":
            for index in choice.close.nonzero()[:, 0].tolist():
                if not rows[index].is_finished:
                    tokens[index] = self._decide_alone(rows[index])
        return tokens

    def _next_logits(self, rows: list[Row]) -> torch.Tensor:
        held, device = [self._held(row) for row in rows], self._loaded.device
        place = StepPass(self._arena, held, dtype=self._loaded.model.dtype, device=device)
        ids = torch.tensor([row.newest for row in rows], device=device)
        return self._decoder.step(ids, torch.tensor(held, device=device), place)

    def _uniforms(self, rows: list[Row]) -> torch.Tensor | None:
        last = self._decoding.max_new_tokens - 1
        drawn = [
            row.uniforms[min(len(row.written), last)] for row in rows if row.uniforms is not None
        ]
        return torch.stack(drawn).to(self._loaded.device) if drawn else None

    def _decide_alone(self, row: Row) -> int:
        """Choose by the model's plain forward pass over this row and nothing else."""
        self.close_choices += 1
        ids = [self._prefix + row.prompt + row.written]
        output = self._loaded.model(
            input_ids=torch.tensor(ids, device=self._loaded.device),
            use_cache=False,
            logits_to_keep=1,
        )
        choice = choose(output.logits[:, -1], self._decoding, self._uniforms([row]))
        return int(choice.tokens[0])
