"""The ``hf`` engine: generation with every slot busy.

A fixed number of slots decode together over one arena of keys and values. A finished answer
leaves its slot to the next question at once, so that few slots idle at the end; what all prompts
begin with is computed once. The last token of a prompt is read by the first decoding step, so
prompts need no logits. A model that slots can't serve is left to the batched engine.

In float32 no batch decides a token: where the choice hangs on less than rounding, the row alone is
computed by the model as it is, and that decides.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.generation.batched import BatchedEngine
from evalsuite.generation.memory import decode_in_memory
from evalsuite.generation.sampling import draw_uniforms
from evalsuite.generation.slots.answers import Row
from evalsuite.generation.slots.arena import Arena
from evalsuite.generation.slots.decoders import attention_window, head_width
from evalsuite.generation.slots.kernels import compiled_kernels
from evalsuite.generation.slots.loop import SlotRun
from evalsuite.generation.slots.packed import PackedDecoder
from evalsuite.generation.slots.probe import find_decoder
from evalsuite.generation.stops import StopWatch
from evalsuite.generation.threads import thread_count
from evalsuite.generation.tokens import encode_prompts, respond

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.generation.slots.decoders import Decoder
    from evalsuite.generation.tokens import EncodedPrompt
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding, Response

__all__ = ["SlotEngine"]

_SHORTEST_PREFIX = 16
"""A shorter one is not worth a pass of its own."""
_OWN_TOKENS = 2
"""Of every prompt beside the shared prefix: the last one is read by the first decoding step, and
one is left for the prompt pass."""

_KEPT_BYTES = 3 * 2**29
"""Two models that answer in turns keep no more between them than one list of answers may take."""


class SlotEngine:
    """In-process generation with continuous batching.

    ``batch_size`` counts slots, ``threads`` CPU threads; None chooses by memory and leaves torch's
    choice.
    """

    name = "hf"

    def __init__(
        self, loaded: LoadedModel, *, batch_size: int | None = None, threads: int | None = None
    ) -> None:
        self._loaded = loaded
        self._threads = threads
        self._batched = BatchedEngine(loaded, batch_size=batch_size)
        self._decoder, self._reason = find_decoder(loaded)
        self._is_past_window = False
        self._slots = 0
        self._arena: Arena | None = None
        """Of the last answers, for the next: memory that is given back comes again slowly."""
        self._close_choices = 0

    def render(self, messages: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""
        return self._batched.render(messages)

    def describe(self) -> dict[str, Any]:
        """Tell device, dtype, threads, versions, decoder and slots, for the record."""
        facts = self._batched.describe()
        with thread_count(self._threads) as threads:
            facts["threads"] = threads
        decoder = None if self._is_past_window else self._decoder
        facts["decoder"] = "batched" if decoder is None else decoder.name
        facts["slots"] = self._slots
        if decoder is not None:
            self._describe_attention(facts)
        facts["close_choices"] = self._close_choices
        if self._reason:
            slower = Clause("not the fastest decoder: {reason}", reason=self._reason)
            facts["notes"] = [*facts["notes"], slower]
        if self._is_past_window:
            note = Clause("served in batches: answers may reach past its window")
            facts["notes"] = [*facts["notes"], note]
        return facts

    def _describe_attention(self, facts: dict[str, Any]) -> None:
        """Tell whether attention was compiled for this machine, and if not, why."""
        model = self._loaded.model
        kernels, reason = compiled_kernels(model.dtype, model.device.type, head_width(model.config))
        facts["attention"] = "torch" if kernels is None else "compiled"
        if isinstance(self._decoder, PackedDecoder):
            facts["products"] = self._decoder.products
        if reason:
            note = Clause("attention is torch's: {reason}", reason=reason)
            facts["notes"] = [*facts["notes"], note]

    def cache_bytes(self, tokens: int, answers: int) -> int:
        """Say how much memory keys and values will take here, for answers of at most ``tokens``."""
        return self._batched.cache_bytes(tokens, answers)

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished.

        Requests come in any order, each (question, sample) once. Raises RunFailedError where even
        a single slot does not fit into memory.
        """
        with thread_count(self._threads):
            prompts = encode_prompts(
                self._loaded.tokenizer, requests, vocabulary=self._loaded.vocabulary
            )
            self._is_past_window = self._reaches_past_window(prompts, decoding)
            if self._decoder is None or self._is_past_window:
                yield from self._batched.generate(requests, decoding)
            elif prompts:
                for row in self._decode(self._decoder, prompts, decoding):
                    yield respond(
                        self._loaded.tokenizer,
                        row.request,
                        row.written,
                        ended=row.end is not None,
                        stop_end=row.stop_end,
                    )

    def token_ids(
        self, prompts: Sequence[EncodedPrompt], decoding: Decoding
    ) -> dict[tuple[str, int], list[int]]:
        """Give the tokens of every answer, its end token among them, by question and sample.

        For who goes on with tokens: a training, which learns from a law and not from a draw. Rows
        may depend on their neighbours here: of a large vocabulary so many choices at temperature 1
        are close that to hold them against the row alone takes a fourth more. Raises
        InvalidInputError as `servable` does.
        """
        decoder = self.servable(prompts, decoding)
        rows = self._decode(decoder, list(prompts), decoding, may_depend=True) if prompts else ()
        return {
            row.request.key: row.written if row.end is None else [*row.written, row.end]
            for row in rows
        }

    def servable(self, prompts: Sequence[EncodedPrompt], decoding: Decoding) -> Decoder:
        """Give the decoder that serves these prompts; none is asked.

        Raises InvalidInputError for a model that slots can't serve, and for answers that may reach
        past its window.
        """
        if self._decoder is None:
            raise InvalidInputError(
                "--engine hf can't sample with this model: {reason}; leave --engine out",
                reason=self._reason,
            )
        if self._reaches_past_window(prompts, decoding):
            raise InvalidInputError(
                "--engine hf can't sample with this model: answers may reach past its window; "
                "lower --max-new-tokens, or leave --engine out"
            )
        return self._decoder

    def _decode(
        self,
        decoder: Decoder,
        prompts: list[EncodedPrompt],
        decoding: Decoding,
        *,
        may_depend: bool = False,
    ) -> Iterator[Row]:
        """Decode everything, with half the slots whenever memory runs out."""
        prefix = _shared_prefix([prompt.ids for prompt in prompts])
        # Longest first: the answers that start last, when slots begin to idle, then have the
        # shortest prompts, and the arena is largest at the start, where too little memory shows.
        ordered = sorted(prompts, key=lambda prompt: len(prompt.ids), reverse=True)
        longest = len(ordered[0].ids) - len(prefix) + decoding.max_new_tokens

        def run_slots(waiting: list[EncodedPrompt], slots: int) -> Iterator[Row]:
            self._slots = slots
            arena = self._taken_arena(slots)
            rows = [self._row(prompt, len(prefix), decoding) for prompt in waiting]
            run = SlotRun(
                self._loaded, decoder, decoding, prefix, rows, arena=arena, may_depend=may_depend
            )
            try:
                yield from run.finished()
                self._put_back(arena)  # not where an error or the caller ended it
            finally:
                self._close_choices += run.close_choices

        yield from decode_in_memory(ordered, self._batched.rows(longest), run_slots, decoding)

    def _taken_arena(self, slots: int) -> Arena:
        """Take the last arena, or another one where it has not as many slots.

        It is nobody else's until it is put back: lists of answers may be made at the same time.
        """
        arena, self._arena = self._arena, None
        return arena if arena is not None and arena.slots == slots else Arena(slots)

    def _put_back(self, arena: Arena) -> None:
        """Keep an arena for the next answers; torch itself keeps the memory of other devices."""
        if self._loaded.device == "cpu" and arena.n_bytes <= _KEPT_BYTES:
            self._arena = arena

    def _reaches_past_window(self, prompts: Sequence[EncodedPrompt], decoding: Decoding) -> bool:
        """Tell whether a model would forget tokens that the arena keeps.

        It masks none, so it serves a model with a sliding window only while nothing reaches past.
        """
        window = attention_window(self._loaded.model.config)
        longest = max((len(p.ids) for p in prompts), default=0) + decoding.max_new_tokens
        return window is not None and longest > window

    def _row(self, prompt: EncodedPrompt, n_prefix: int, decoding: Decoding) -> Row:
        """Start an answer."""
        watch = StopWatch(self._loaded.tokenizer, decoding.stop) if decoding.stop else None
        uniforms = draw_uniforms(prompt.request, decoding)
        return Row(prompt.request, prompt.ids[n_prefix:], uniforms, watch)


def _shared_prefix(prompts: list[list[int]]) -> list[int]:
    """Find what all prompts begin with, leaving each two tokens of its own."""
    # In the order of lists every other prompt lies between the first and the last, so it begins
    # with what these two share.
    first, last = min(prompts), max(prompts)
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    )
    shared = first[: min(same, *(len(ids) - _OWN_TOKENS for ids in prompts))]
    return shared if len(shared) >= _SHORTEST_PREFIX and len(prompts) > 1 else []
