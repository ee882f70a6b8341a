"""Generate in batches on plain transformers: for models that slots can't serve.

Requests of similar prompt length share a batch; a row leaves the batch soon after it ends. The
random numbers of a sampled answer are drawn per (question, sample) before decoding starts, one
per token, so they are the same in every batch and at every budget.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

import torch

from evalsuite.errors import RunFailedError
from evalsuite.generation.sampling import choose, draw_uniforms
from evalsuite.generation.stops import StopWatch
from evalsuite.generation.tokens import respond
from evalsuite.models.load import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding, Response

__all__ = ["BatchedEngine", "fitting_rows", "is_out_of_memory"]

_LARGEST_BATCH = 256
_NO_MEMORY = ("can't allocate memory", "could not create a primitive", "could not create a memory")
"""Said by torch's allocator and by oneDNN."""
_CPU_CACHE_BYTES = 3 * 2**30
"""Keys and values of one batch; leaves room for weights and logits on an 8 GB laptop."""


class BatchedEngine:
    """In-process generation with transformers, one batch at a time.

    Parameters
    ----------
    loaded
        From `evalsuite.models.load.load_model`.
    batch_size
        Rows a batch; None chooses by memory.
    """

    name = "hf"

    def __init__(self, loaded: LoadedModel, *, batch_size: int | None = None) -> None:
        self._loaded = loaded
        self._batch_size = batch_size

    def render(self, messages: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""
        return render(self._loaded.tokenizer, messages)

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
            "threads": torch.get_num_threads(),
            "cpus": os.cpu_count(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "eos_ids": list(loaded.eos_ids),
            "notes": list(loaded.notes),
        }

    def cache_bytes(self, tokens: int, answers: int) -> int:
        """Say how much memory keys and values will take here, for answers of at most ``tokens``."""
        rows = min(answers, self._batch_size or fitting_rows(self._loaded, tokens))
        return rows * row_bytes(self._loaded, tokens)

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
            If even a single row does not fit into memory.
        """
        encoded = [(r, self._encode(r.prompt)) for r in requests]
        waiting = sorted(encoded, key=lambda pair: len(pair[1]), reverse=True)
        longest = max((len(ids) for _, ids in waiting), default=0) + decoding.max_new_tokens
        size = self._batch_size or fitting_rows(self._loaded, longest)
        while waiting:
            batch, rest = waiting[:size], waiting[size:]
            finished: set[tuple[str, int]] = set()
            try:
                for response in self._run_batch(batch, decoding):
                    finished.add((response.question_id, response.sample))
                    yield response
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if size == 1:
                    raise RunFailedError(
                        f"one answer of {decoding.max_new_tokens} tokens does not fit into memory; "
                        "lower --max-new-tokens or use --dtype bfloat16"
                    ) from error
                size = max(1, size // 2)
            again = [p for p in batch if (p[0].question_id, p[0].sample) not in finished]
            waiting = again + rest

    def _encode(self, prompt: str) -> list[int]:
        ids = self._loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return [int(i) for i in ids]

    @torch.inference_mode()
    def _run_batch(
        self, batch: list[tuple[Request, list[int]]], decoding: Decoding
    ) -> Iterator[Response]:
        """Prefill left-padded prompts, then step; rows that ended are dropped as they pile up."""
        from transformers import DynamicCache

        model, device = self._loaded.model, self._loaded.device
        tokenizer = self._loaded.tokenizer
        ids, mask = self._padded([tokens for _, tokens in batch])
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        cache = DynamicCache(config=model.config)
        uniforms = _uniforms([r for r, _ in batch], decoding, device)
        rows = list(range(len(batch)))
        written: list[list[int]] = [[] for _ in batch]
        watches = [StopWatch(tokenizer, decoding.stop) if decoding.stop else None for _ in batch]
        eos = torch.tensor(self._loaded.eos_ids, device=device)
        for step in range(decoding.max_new_tokens):
            logits = model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            uniform = None if uniforms is None else uniforms[:, step]
            chosen = choose(logits, decoding, uniform).tokens
            ended = torch.isin(chosen, eos).tolist()
            for place, (row, token) in enumerate(zip(rows, chosen.tolist(), strict=True)):
                if row < 0:
                    continue
                stop_end = None
                if not ended[place]:
                    written[row].append(token)
                    watch = watches[row]
                    stop_end = watch.read(token) if watch else None
                if ended[place] or stop_end is not None:
                    rows[place] = -1
                    request = batch[row][0]
                    yield respond(
                        tokenizer, request, written[row], ended=ended[place], stop_end=stop_end
                    )
            alive = [place for place, row in enumerate(rows) if row >= 0]
            if not alive:
                return
            mask = torch.cat([mask, mask.new_ones((mask.shape[0], 1))], dim=1)
            ids, positions = chosen[:, None], positions[:, -1:] + 1
            if len(alive) <= 0.8 * len(rows):
                keep = torch.tensor(alive, device=device)
                cache.batch_select_indices(keep)
                ids, mask, positions = ids[keep], mask[keep], positions[keep]
                uniforms = None if uniforms is None else uniforms[keep]
                rows = [rows[place] for place in alive]
        for row in rows:
            if row >= 0:
                yield respond(tokenizer, batch[row][0], written[row], ended=False)

    def _padded(self, prompts: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        longest = max(map(len, prompts))
        pad = self._loaded.tokenizer.pad_token_id
        ids = [[pad] * (longest - len(p)) + p for p in prompts]
        mask = [[0] * (longest - len(p)) + [1] * len(p) for p in prompts]
        device = self._loaded.device
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def row_bytes(loaded: LoadedModel, tokens: int) -> int:
    """Say how much memory the keys and values of one answer take.

    Parameters
    ----------
    loaded
        The model.
    tokens
        Prompt and budget.

    Returns
    -------
    int
    """
    config = loaded.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    head_dim = getattr(config, "head_dim", None) or (
        config.hidden_size // config.num_attention_heads
    )
    width = 4 if loaded.dtype == "float32" else 2
    return int(2 * config.num_hidden_layers * heads * head_dim * width * tokens)


def fitting_rows(loaded: LoadedModel, tokens: int) -> int:
    """Say how many answers of a length can be held in memory together.

    Parameters
    ----------
    loaded
        The model.
    tokens
        Prompt and budget of the longest.

    Returns
    -------
    int
        At least 1.
    """
    room = _CPU_CACHE_BYTES
    if loaded.device.startswith("cuda"):
        room = torch.cuda.mem_get_info(loaded.device)[0] // 2
    return int(max(1, min(_LARGEST_BATCH, room // row_bytes(loaded, tokens))))


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a failed allocation from other errors.

    Parameters
    ----------
    error
        From a forward pass.

    Returns
    -------
    bool
        On CPU torch has no type for it, and its matrix kernels say only that they could not be
        made.
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _NO_MEMORY)


def _uniforms(requests: list[Request], decoding: Decoding, device: str) -> torch.Tensor | None:
    """Draw one number in [0, 1) per row and token; shape (rows, max_new_tokens)."""
    drawn = [u for r in requests if (u := draw_uniforms(r, decoding)) is not None]
    return torch.stack(drawn).to(device) if drawn else None
