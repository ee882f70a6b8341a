"""Memory of this process: how many answers fit into it, what happens when they don't, its peak.

Nothing here knows how an answer is decoded; engines bring that.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from evalsuite.errors import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evalsuite.generation.tokens import EncodedPrompt
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Decoding

__all__ = ["cache_row_bytes", "decode_in_memory", "fitting_rows", "peak_rss_mb"]

_STATUS = Path("/proc/self/status")
_KIB = 1024
_MOST_ROWS = 256
"""Linux usually kills a process that takes too much rather than refuse it memory, so the number is
bounded before it is tried (docs/decisions/0034)."""
_CPU_CACHE_BYTES = 3 * 2**30
"""Keys and values of one batch; leaves room for weights and logits on an 8 GB laptop."""
_FAILED_ALLOCATIONS = (
    "can't allocate memory",
    "could not create a primitive",
    "could not create a memory",
)
"""Words of torch's allocator and of oneDNN, which have no exception type for it on a CPU."""


class _Answer(Protocol):
    """A finished answer, in whatever form its engine gives it."""

    @property
    def question_id(self) -> str: ...
    @property
    def sample(self) -> int: ...


_A = TypeVar("_A", bound=_Answer)


def cache_row_bytes(loaded: LoadedModel, tokens: int) -> int:
    """Say how much memory keys and values of one answer take, its prompt counted in ``tokens``."""
    config = loaded.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    head_dim = getattr(config, "head_dim", None) or (
        config.hidden_size // config.num_attention_heads
    )
    width = 4 if loaded.dtype == "float32" else 2
    return int(2 * config.num_hidden_layers * heads * head_dim * width * tokens)


def fitting_rows(loaded: LoadedModel, tokens: int) -> int:
    """Say how many answers are decoded together, at least 1; the longest has ``tokens`` in all."""
    import torch

    room = _CPU_CACHE_BYTES
    if loaded.device.startswith("cuda"):
        # Half of what is free: the other half serves logits and the copies made while growing.
        room = torch.cuda.mem_get_info(loaded.device)[0] // 2
    return int(max(1, min(_MOST_ROWS, room // cache_row_bytes(loaded, tokens))))


def decode_in_memory(
    prompts: list[EncodedPrompt],
    rows: int,
    decode: Callable[[list[EncodedPrompt], int], Iterator[_A]],
    decoding: Decoding,
) -> Iterator[_A]:
    """Decode every prompt, with half the rows from each failed allocation on.

    ``decode`` takes the prompts that wait and how many rows may decode together; it yields
    answers to some or all of them, and is called until none waits. Raises RunFailedError where
    even a single row does not fit.
    """
    waiting = prompts
    while waiting:
        rows = min(rows, len(waiting))
        finished: set[tuple[str, int]] = set()
        try:
            for answer in decode(waiting, rows):
                finished.add((answer.question_id, answer.sample))
                yield answer
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            if rows == 1:
                raise RunFailedError(
                    "one answer of {limit} tokens does not fit into memory; lower "
                    "--max-new-tokens or use --dtype bfloat16",
                    limit=decoding.max_new_tokens,
                ) from error
            # No error says how much was missing. Halving needs few tries and ends within a factor
            # of two of what fits.
            rows //= 2
        # Only here, after `error` is gone, are the tensors of the failed try free again: they hang
        # on its traceback. Answers that it finished are kept, the others begin anew.
        waiting = [prompt for prompt in waiting if prompt.request.key not in finished]


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell a failed allocation from other errors, which on a CPU differ in their words only."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in _FAILED_ALLOCATIONS
    )


def peak_rss_mb() -> int | None:
    """Measure the largest resident memory of this process so far, in megabytes.

    Memory shared with other processes counts. None where the system does not say.
    """
    # Linux keeps the peak of the program itself in VmHWM. What getrusage gives there begins with
    # the memory of the process that started this one, so it serves other systems only.
    if _STATUS.is_file():
        peak = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
        if peak:
            return round(int(peak[1]) * _KIB / 1e6)
    try:
        import resource
    except ImportError:  # Windows
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(largest * (1 if sys.platform == "darwin" else _KIB) / 1e6)
