"""The engine that generates in batches on plain transformers: for models that slots can't serve.

Prompts of similar length share a batch; a row leaves the batch soon after it ends. The random
numbers of a sampled answer are drawn per (question, sample) before decoding starts, one per token,
so they are the same in every batch and at every budget.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

import torch

from evalsuite.generation.memory import cache_row_bytes, decode_in_memory, fitting_rows
from evalsuite.generation.penalty import occurrence, penalised
from evalsuite.generation.sampling import choose, draw_uniforms
from evalsuite.generation.stops import StopWatch
from evalsuite.generation.tokens import encode_prompts, respond
from evalsuite.models.prompt import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.generation.tokens import EncodedPrompt
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding, Response

__all__ = ["BatchedEngine"]

_CROWDED = 0.8
"""Ended rows are dropped when no more than this share still writes: dropping copies the cache."""


class BatchedEngine:
    """In-process generation with transformers, one batch at a time.

    ``batch_size`` counts rows; None chooses by memory.
    """

    name = "hf"

    def __init__(self, loaded: LoadedModel, *, batch_size: int | None = None) -> None:
        self._loaded = loaded
        self._batch_size = batch_size

    def render(self, messages: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""
        return render(self._loaded.tokenizer, messages, self._loaded.template_arguments)

    def describe(self) -> dict[str, Any]:
        """Tell device, dtype, threads and versions, for the record."""
        import transformers

        loaded = self._loaded
        cuda = loaded.device.startswith("cuda")
        return {
            "engine": self.name,
            "device": loaded.device,
            "device_name": torch.cuda.get_device_name(loaded.device)
            if cuda
            else platform.processor() or "cpu",
            "dtype": loaded.dtype,
            **({"tf32": torch.backends.cuda.matmul.allow_tf32} if cuda else {}),
            "threads": torch.get_num_threads(),
            "cpus": os.cpu_count(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "eos_ids": list(loaded.eos_ids),
            "notes": list(loaded.notes),
        }

    def rows(self, tokens: int) -> int:
        """Say how many answers decode together where the longest has ``tokens`` in all."""
        return self._batch_size or fitting_rows(self._loaded, tokens)

    def cache_bytes(self, tokens: int, answers: int) -> int:
        """Say how much memory keys and values will take here, for answers of at most ``tokens``."""
        return min(answers, self.rows(tokens)) * cache_row_bytes(self._loaded, tokens)

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished.

        Requests come in any order, each (question, sample) once. Raises RunFailedError where even
        a single row does not fit into memory.
        """
        prompts = encode_prompts(
            self._loaded.tokenizer, requests, vocabulary=self._loaded.vocabulary
        )
        # Longest first: neighbours need little padding, and where memory is too small it shows at
        # once, not after hours.
        prompts.sort(key=lambda prompt: len(prompt.ids), reverse=True)
        longest = len(prompts[0].ids) if prompts else 0

        def decode(waiting: list[EncodedPrompt], rows: int) -> Iterator[Response]:
            return _Batch(self._loaded, waiting[:rows], decoding).responses()

        rows = self.rows(longest + decoding.max_new_tokens)
        yield from decode_in_memory(prompts, rows, decode, decoding)


class _Batch:
    """Left-padded prompts and the answers to them, one token a step."""

    def __init__(
        self, loaded: LoadedModel, prompts: list[EncodedPrompt], decoding: Decoding
    ) -> None:
        from transformers import DynamicCache

        self._loaded, self._prompts, self._decoding = loaded, prompts, decoding
        self._ids, self._mask = _padded(loaded, [prompt.ids for prompt in prompts])
        # Padding stands on the left, and a row's positions count from its own first token: so the
        # newest token of every row is in the last column, and padding moves no rotation.
        self._positions = (self._mask.cumsum(dim=1) - 1).clamp(min=0)
        self._cache = DynamicCache(config=loaded.model.config)
        self._uniforms = _uniforms(prompts, decoding, loaded.device)
        self._occurring: torch.Tensor | None = None
        """Shape (rows, vocabulary), where a penalty needs it."""
        self._eos = torch.tensor(loaded.eos_ids, device=loaded.device)
        self._answers = list(range(len(prompts)))
        """Index into the prompts by tensor row; -1 where the answer has ended."""
        self._written: list[list[int]] = [[] for _ in prompts]
        self._watches = [
            StopWatch(loaded.tokenizer, decoding.stop) if decoding.stop else None for _ in prompts
        ]

    @torch.inference_mode()
    def responses(self) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished."""
        for step in range(self._decoding.max_new_tokens):
            tokens, is_end = self._next_tokens(step)
            yield from self._ended(tokens.tolist(), is_end)
            going = [row for row, answer in enumerate(self._answers) if answer >= 0]
            if not going:
                return
            self._append(tokens, going)
        for answer in self._answers:
            if answer >= 0:
                yield self._response(answer, ended=False)

    def _next_tokens(self, step: int) -> tuple[torch.Tensor, list[bool]]:
        """Choose a token a row, and tell which are end tokens; what an ended row gets is noise."""
        logits = self._loaded.model(
            input_ids=self._ids,
            attention_mask=self._mask,
            position_ids=self._positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        uniform = None if self._uniforms is None else self._uniforms[:, step]
        penalty = self._decoding.repetition_penalty
        if penalty != 1:
            logits = penalised(logits, self._occurring_in(logits), penalty)
        choice = choose(logits, self._decoding, uniform)
        choice.check([self._prompts[answer].request.question_id for answer in self._answers])
        tokens = choice.tokens
        if self._occurring is not None:
            self._occurring.scatter_(1, tokens[:, None], value=True)
        return tokens, torch.isin(tokens, self._eos).tolist()

    def _occurring_in(self, logits: torch.Tensor) -> torch.Tensor:
        """Tell which tokens stand in which row; from the second step on, as they were written."""
        if self._occurring is None:
            marks = [occurrence(p.ids, logits.shape[1], logits.device) for p in self._prompts]
            self._occurring = torch.stack(marks)
        return self._occurring

    def _ended(self, tokens: list[int], is_end: list[bool]) -> Iterator[Response]:
        """Write a token to every answer, and yield those that it ends."""
        for row, (answer, token) in enumerate(zip(self._answers, tokens, strict=True)):
            if answer < 0:
                continue
            stop_end = None
            if not is_end[row]:
                self._written[answer].append(token)
                watch = self._watches[answer]
                stop_end = watch.read(token) if watch else None
            if is_end[row] or stop_end is not None:
                self._answers[row] = -1
                yield self._response(answer, ended=is_end[row], stop_end=stop_end)

    def _append(self, tokens: torch.Tensor, going: list[int]) -> None:
        """Make the tokens the next input; drop ended rows where enough have piled up."""
        self._mask = torch.cat([self._mask, self._mask.new_ones((self._mask.shape[0], 1))], dim=1)
        self._ids, self._positions = tokens[:, None], self._positions[:, -1:] + 1
        if len(going) > _CROWDED * len(self._answers):
            return
        rows = torch.tensor(going, device=self._loaded.device)
        self._cache.batch_select_indices(rows)
        self._ids, self._mask = self._ids[rows], self._mask[rows]
        self._positions = self._positions[rows]
        self._uniforms = None if self._uniforms is None else self._uniforms[rows]
        self._occurring = None if self._occurring is None else self._occurring[rows]
        self._answers = [self._answers[row] for row in going]

    def _response(self, answer: int, *, ended: bool, stop_end: int | None = None) -> Response:
        return respond(
            self._loaded.tokenizer,
            self._prompts[answer].request,
            self._written[answer],
            ended=ended,
            stop_end=stop_end,
        )


def _padded(loaded: LoadedModel, prompts: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad on the left to one length; ids and mask, shape (rows, tokens)."""
    longest = max(map(len, prompts))
    pad = loaded.tokenizer.pad_token_id
    ids = [[pad] * (longest - len(p)) + p for p in prompts]
    mask = [[0] * (longest - len(p)) + [1] * len(p) for p in prompts]
    return torch.tensor(ids, device=loaded.device), torch.tensor(mask, device=loaded.device)


def _uniforms(prompts: list[EncodedPrompt], decoding: Decoding, device: str) -> torch.Tensor | None:
    """Draw one number in [0, 1) per row and token; shape (rows, max_new_tokens)."""
    # The whole budget at once: a row must not draw fewer numbers because its neighbours end early.
    uniforms = [u for p in prompts if (u := draw_uniforms(p.request, decoding)) is not None]
    return torch.stack(uniforms).to(device) if uniforms else None
