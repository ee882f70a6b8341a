"""The loop that decodes a list of answers in a fixed number of slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from evalsuite.generation.penalty import occurrence, penalised
from evalsuite.generation.sampling import choose, two_largest
from evalsuite.generation.slots.alone import Alone, ends_block
from evalsuite.generation.slots.answers import Row, arrange
from evalsuite.generation.slots.arena import Arena, PrefixPass, PromptPass, StepPass
from evalsuite.generation.slots.decoders import head_width
from evalsuite.generation.slots.kernels import compiled_kernels
from evalsuite.generation.stops import StopWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.generation.slots.decoders import Decoder
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding

__all__ = ["SlotRun"]

_PROMPT_TOKENS = 1024
"""Of one prompt pass, padding included: bounds the memory of its activations."""
_PROMPT_ROUND = 16
"""Prompt passes come in few lengths: the linear algebra library keeps kernels for every shape,
2 MB and more each."""
_REFILL_SHARE = 16
"""Slots are refilled when one in this many is free: each prompt pass reads all the weights."""


class SlotRun:
    """One arena from its first prompt to its last answer.

    ``prefix`` holds the tokens all prompts begin with and may be empty. ``rows`` get the slots of
    the arena in their order. Where rows ``may_depend`` on their neighbours, rounding decides a
    close choice as it comes.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        decoder: Decoder,
        decoding: Decoding,
        prefix: list[int],
        rows: list[Row],
        *,
        arena: Arena,
        may_depend: bool = False,
    ) -> None:
        self._loaded = loaded
        self._decoder = decoder
        self._decoding = decoding
        self._prefix = prefix
        self._waiting = rows[::-1]
        self._in_slots: list[Row] = []
        """By slot; a finished one stays until its slot is filled or given up."""
        self._arena = arena
        longest = max((len(row.prompt) for row in rows), default=0)
        arena.begin(len(prefix) + longest + decoding.max_new_tokens)
        # Not in bfloat16, which rounds so coarsely that close choices are everywhere; it serves
        # quick looks, float32 serves claims.
        self._is_exact = loaded.dtype == "float32" and not may_depend
        self._alone = Alone(loaded, decoding)
        model = loaded.model
        self._kernels, _ = compiled_kernels(
            model.dtype, model.device.type, head_width(model.config)
        )
        self._eos = frozenset(loaded.eos_ids)
        self.close_choices = 0
        """Tokens that were decided on the row alone."""

    @torch.inference_mode()
    def finished(self) -> Iterator[Row]:
        """Yield each row once, as soon as its answer is finished."""
        if self._prefix:
            self._decoder.read(
                *self._ids_and_positions([self._prefix], 0, len(self._prefix)),
                PrefixPass(self._arena),
            )
        self._refill()
        while self._in_slots:
            for row, token in zip(self._in_slots, self._next_tokens(), strict=True):
                if not row.is_finished and self._is_finished_by(token, row):
                    yield row
            self._refill()

    def _is_finished_by(self, token: int, row: Row) -> bool:
        """Add a token to an answer; tell whether that finishes it."""
        self._add(token, row)
        if row.close and (row.is_finished or ends_block(row)):
            self._settle(row)
        return row.is_finished

    def _settle(self, row: Row) -> None:
        """Hold a row's close draws against the row alone; go back to the first that is another."""
        self.close_choices += len(row.close)
        other = self._alone.first_other(self._prefix + row.prompt, row)
        row.close.clear()
        if other is None:
            return
        place, token = other
        # What the slot holds beyond is overwritten before anything attends to it.
        row.rewind(place)
        if row.watch is not None:
            row.watch = StopWatch(self._loaded.tokenizer, self._decoding.stop)
            for written in row.written:
                row.watch.read(written)
        self._add(token, row)

    def _add(self, token: int, row: Row) -> None:
        if token in self._eos:
            row.end = token
        else:
            row.write(token)
            row.stop_end = row.watch.read(token) if row.watch else None
        full = len(row.written) == self._decoding.max_new_tokens
        row.is_finished = full or row.end is not None or row.stop_end is not None

    def _refill(self) -> None:
        """Give the slots of finished rows to waiting ones, and close the gaps."""
        going = [row for row in self._in_slots if not row.is_finished]
        ended = len(self._in_slots) - len(going)
        if self._in_slots and ended < max(1, len(self._in_slots) // _REFILL_SHARE):
            return
        room = self._arena.slots - len(going)
        coming = [self._waiting.pop() for _ in range(min(room, len(self._waiting)))]
        rows = going + coming
        slots = arrange(rows, self._arena.block_rows)
        ordered = [row for _, row in sorted(zip(slots, rows, strict=True), key=lambda p: p[0])]
        held = [self._held(row) for row in ordered]
        # 1. Reserve before anything moves: a row may move into a block that is still too short.
        self._arena.reserve(held)
        # 2. Move while every row still knows its old slot. All moves are one step, for rows trade
        #    slots with each other.
        moved = [(r, slot) for r, slot in zip(going, slots, strict=False) if r.slot != slot]
        self._arena.move([(row.slot, slot, self._held(row)) for row, slot in moved])
        # 3. Only now the new slots hold, for those that stay and those that come.
        for slot, row in enumerate(ordered):
            row.slot = slot
        self._in_slots = ordered
        # 4. Read prompts into slots whose former rows are gone or moved away.
        self._read_prompts([row for row in coming if len(row.prompt) > 1])
        # 5. Trim last: before the moves it would have cut rows off that lay beyond the new end.
        if ordered:
            self._arena.reserve(held, trim=True)

    def _read_prompts(self, rows: list[Row]) -> None:
        """Read all but the last token of each prompt, longest first, in passes of bounded size.

        The first decoding step reads the last one and gives its logits.
        """
        while rows:
            n_fitting = max(1, _PROMPT_TOKENS // len(rows[0].prompt))
            part, rows = rows[:n_fitting], rows[n_fitting:]
            prompts = [row.prompt[:-1] for row in part]
            longest = max(map(len, prompts))
            # Never beyond what an answer may reach: the model has no more positions than that.
            longest += min(-longest % _PROMPT_ROUND, self._decoding.max_new_tokens)
            ids, positions = self._ids_and_positions(prompts, len(self._prefix), longest)
            slots = [row.slot for row in part]
            prompt_pass = PromptPass(self._arena, slots, device=self._loaded.device)
            self._decoder.read(ids, positions, prompt_pass)

    def _held(self, row: Row) -> int:
        """Count a row's tokens in its slot."""
        return len(self._prefix) + row.held

    def _ids_and_positions(
        self, prompts: list[list[int]], start: int, longest: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pad on the right to one length; positions count from ``start``."""
        device = self._loaded.device
        # Any token will do for padding: causality hides it from the prompt, and the answer
        # overwrites its keys and values before anything attends to them.
        ids = torch.tensor([p + [0] * (longest - len(p)) for p in prompts], device=device)
        positions = torch.arange(start, start + longest, device=device)
        return ids, positions.expand(len(prompts), -1)

    def _next_tokens(self) -> list[int]:
        """Decode one step; what a finished row gets is noise."""
        rows = self._in_slots
        choice = choose(
            self._next_logits(rows), self._decoding, self._uniforms(rows), leaders=self._leaders
        )
        tokens: list[int] = choice.tokens.tolist()
        # Logits that are not finite are close too, so they show where the row decides alone.
        if self._is_exact:
            for index in choice.close.nonzero()[:, 0].tolist():
                row = rows[index]
                if row.is_finished:
                    continue
                if row.uniforms is not None:
                    row.close.append(len(row.written))
                else:
                    self.close_choices += 1
                    tokens[index] = self._alone.choice(self._prefix + row.prompt, row)
        else:
            choice.check([row.request.question_id for row in rows])
        return tokens

    def _next_logits(self, rows: list[Row]) -> torch.Tensor:
        held, device = [self._held(row) for row in rows], self._loaded.device
        step_pass = StepPass(self._arena, held, dtype=self._loaded.model.dtype, device=device)
        ids = torch.tensor([row.newest for row in rows], device=device)
        return self._penalised(
            self._decoder.step(ids, torch.tensor(held, device=device), step_pass), rows
        )

    def _leaders(self, logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
        kernels = self._kernels
        return (
            two_largest(logits)
            if kernels is None or not kernels.ranks(logits)
            else kernels.two_largest(logits)
        )

    def _penalised(self, logits: torch.Tensor, rows: list[Row]) -> torch.Tensor:
        """Make less likely what stands in a row already, where that was asked for."""
        penalty = self._decoding.repetition_penalty
        if penalty == 1:
            return logits
        for row in rows:
            if row.occurring is None:
                ids = self._prefix + row.prompt + row.written
                row.occurring = occurrence(ids, logits.shape[1], logits.device)
        marks = torch.stack([row.occurring for row in rows if row.occurring is not None])
        return penalised(logits, marks, penalty)

    def _uniforms(self, rows: list[Row]) -> torch.Tensor | None:
        # A finished row has no number for one more token; its last one serves, as its token is
        # noise anyway.
        last = self._decoding.max_new_tokens - 1
        uniforms = [
            row.uniforms[min(len(row.written), last)] for row in rows if row.uniforms is not None
        ]
        return torch.stack(uniforms).to(self._loaded.device) if uniforms else None
