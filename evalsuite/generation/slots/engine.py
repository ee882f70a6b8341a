"""Generate with every slot busy: the ``hf`` engine.

A fixed number of slots decode together over one arena of keys and values. A finished answer
leaves its slot to the next question at once, longest prompts first, so that few slots idle at the
end; what all prompts begin with is computed once. The last token of a prompt is read by the first
decoding step, so prompts need no logits.

In float32 no batch decides a token: where the choice hangs on less than rounding, the row alone is
computed by the model as it is, and that decides.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from evalsuite.errors import RunFailedError
from evalsuite.generation.batched import BatchedEngine, fitting_rows, is_out_of_memory
from evalsuite.generation.sampling import draw_uniforms
from evalsuite.generation.slots.answers import Row
from evalsuite.generation.slots.decoders import attention_window, head_width
from evalsuite.generation.slots.kernels import compiled_kernels
from evalsuite.generation.slots.loop import SlotRun
from evalsuite.generation.slots.probe import find_decoder
from evalsuite.generation.stops import StopWatch
from evalsuite.generation.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.generation.slots.decoders import Decoder
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding, Response

__all__ = ["SlotEngine"]

_SHORTEST_PREFIX = 16
"""A shorter one is not worth a pass of its own."""


class SlotEngine:
    """In-process generation with continuous batching.

    Parameters
    ----------
    loaded
        From `evalsuite.models.load.load_model`.
    batch_size
        Slots; None chooses by memory.
    threads
        CPU threads; None leaves torch's choice.
    """

    name = "hf"

    def __init__(
        self, loaded: LoadedModel, *, batch_size: int | None = None, threads: int | None = None
    ) -> None:
        self._loaded = loaded
        self._batch_size = batch_size
        self._threads = threads
        self._plain = BatchedEngine(loaded, batch_size=batch_size)
        self._decoder, self._reason = find_decoder(loaded)
        self._is_past_window = False
        self._slots = 0
        self._close_choices = 0

    def render(self, messages: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""
        return self._plain.render(messages)

    def describe(self) -> dict[str, Any]:
        """Tell device, dtype, threads, versions, decoder and slots, for the record."""
        told = self._plain.describe()
        with thread_count(self._threads) as threads:
            told["threads"] = threads
        decoder = None if self._is_past_window else self._decoder
        told["decoder"] = "batched" if decoder is None else decoder.name
        told["slots"] = self._slots
        if decoder is not None:
            self._describe_attention(told)
        told["close_choices"] = self._close_choices
        if self._reason:
            told["notes"] = [*told["notes"], f"not the fastest decoder: {self._reason}"]
        if self._is_past_window:
            told["notes"] = [*told["notes"], "served in batches: answers may reach past its window"]
        return told

    def _describe_attention(self, told: dict[str, Any]) -> None:
        """Tell whether attention was compiled for this machine, and if not, why."""
        model = self._loaded.model
        kernels, reason = compiled_kernels(model.dtype, model.device.type, head_width(model.config))
        told["attention"] = "torch" if kernels is None else "compiled"
        if reason:
            told["notes"] = [*told["notes"], f"attention is torch's: {reason}"]

    def cache_bytes(self, tokens: int, answers: int) -> int:
        """Say how much memory keys and values will take here, for answers of at most ``tokens``."""
        return self._plain.cache_bytes(tokens, answers)

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished.

        Parameters
        ----------
        requests
            Any order; each (question, sample) once.
        decoding
            Budget, temperature and seed.

        Yields
        ------
        Response

        Raises
        ------
        RunFailedError
            If even a single slot does not fit into memory.
        """
        with thread_count(self._threads):
            encoded = [self._encode(request.prompt) for request in requests]
            longest = max(map(len, encoded), default=0) + decoding.max_new_tokens
            window = attention_window(self._loaded.model.config)
            self._is_past_window = window is not None and longest > window
            if self._decoder is None or self._is_past_window:
                yield from self._plain.generate(requests, decoding)
            elif requests:
                yield from self._decode(self._decoder, requests, encoded, decoding)

    def _encode(self, prompt: str) -> list[int]:
        ids = self._loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return [int(i) for i in ids]

    def _decode(
        self,
        decoder: Decoder,
        requests: Sequence[Request],
        encoded: list[list[int]],
        decoding: Decoding,
    ) -> Iterator[Response]:
        """Decode everything, with half the slots whenever memory runs out."""
        prefix = _shared_prefix(encoded)
        pairs = sorted(zip(requests, encoded, strict=True), key=lambda p: len(p[1]), reverse=True)
        longest = len(pairs[0][1]) - len(prefix) + decoding.max_new_tokens
        slots = self._batch_size or fitting_rows(self._loaded, longest)
        finished: set[tuple[str, int]] = set()
        while left := [p for p in pairs if (p[0].question_id, p[0].sample) not in finished]:
            self._slots = min(slots, len(left))
            rows = [self._row(r, ids[len(prefix) :], decoding) for r, ids in left]
            run = SlotRun(self._loaded, decoder, decoding, prefix, rows, slots=self._slots)
            try:
                for response in run.responses():
                    finished.add((response.question_id, response.sample))
                    yield response
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self._slots == 1:
                    raise RunFailedError(
                        f"one answer of {decoding.max_new_tokens} tokens does not fit into memory; "
                        "lower --max-new-tokens or use --dtype bfloat16"
                    ) from error
                slots = self._slots // 2
            finally:
                self._close_choices += run.close_choices
            del run  # its arena must be gone before the next one is made

    def _row(self, request: Request, prompt: list[int], decoding: Decoding) -> Row:
        """Start an answer."""
        watch = StopWatch(self._loaded.tokenizer, decoding.stop) if decoding.stop else None
        return Row(request, prompt, draw_uniforms(request, decoding), watch)


def _shared_prefix(encoded: list[list[int]]) -> list[int]:
    """Find what all prompts begin with, leaving each at least two tokens of its own."""
    first, last = min(encoded), max(encoded)  # all others lie between these two
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    )
    shared = first[: min(same, *(len(ids) - 2 for ids in encoded))]
    return shared if len(shared) >= _SHORTEST_PREFIX and len(encoded) > 1 else []
