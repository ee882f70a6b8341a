"""The ``vllm`` engine: generation by vLLM in this process's care.

vLLM gets token ids of prompts that our tokenizer rendered and gives token ids back, so prompts,
end tokens and token ends are those of the ``hf`` engine. What vLLM can't load itself, a GGUF file
or an adapter, is saved as a plain folder first. vLLM works in a process of its own, which ends
with the engine.
"""

from __future__ import annotations

import os
import platform
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import RunFailedError
from evalsuite.generation.stops import first_stop
from evalsuite.generation.tokens import decode_with_ends, encode_prompts, respond
from evalsuite.models.load import (
    choose_device,
    load_model,
    load_tokenizer,
    read_end_tokens,
    read_positions,
    save_plain,
)
from evalsuite.models.origin import in_one_line, origin_of
from evalsuite.models.prompt import render
from evalsuite.models.quiet import quiet_transformers
from evalsuite.models.weights import check_weights
from evalsuite.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.models.load import Dtype
    from evalsuite.records.run import Decoding, ModelSpec, Response

__all__ = ["VllmEngine"]

_CPU_CACHE_BYTES = 4 << 30
"""Keys and values on a CPU, where a quarter of the free memory holds as many; on CUDA vLLM takes
what the weights leave."""
_STEP = 1024
"""The context is made in whole steps, so that a later batch with longer prompts fits too."""


class VllmEngine:
    """Generation by vLLM, started when the first answers are asked for.

    The spec is resolved: a folder, the embedded models, the Hub, an adapter or a GGUF file.
    ``batch_size`` counts answers under way, ``tensor_parallel_size`` the GPUs over which a layer is
    split (on a CPU: processes), ``gpu_memory_utilization`` is the share of a GPU's memory to take:
    None leaves vLLM's choice. ``threads`` counts CPU threads, None takes every CPU this process may
    use.
    """

    name = "vllm"

    def __init__(
        self,
        spec: ModelSpec,
        *,
        device: str = "auto",
        dtype: Dtype = "float32",
        chat_template: str | None = None,
        batch_size: int | None = None,
        threads: int | None = None,
        tensor_parallel_size: int | None = None,
        gpu_memory_utilization: float | None = None,
    ) -> None:
        self._spec = spec
        self._device = choose_device(device)
        self._dtype: Dtype = dtype
        self._wanted = {
            "max_num_seqs": batch_size,
            "tensor_parallel_size": tensor_parallel_size,
            "gpu_memory_utilization": gpu_memory_utilization,
        }
        cpus = sorted(os.sched_getaffinity(0))
        self._cpus = cpus[: threads or len(cpus)]
        self._cache_bytes = min(_CPU_CACHE_BYTES, _free_bytes() // 4)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._source = self._loadable_source()
        quiet_transformers()
        self._tokenizer, notes = load_tokenizer(spec, chat_template)
        self._eos_ids, eos_notes = read_end_tokens(spec, self._tokenizer)
        self._notes = (*notes, *eos_notes)
        self._positions = read_positions(spec)
        self._llm: Any = None
        self._context = 0

    def render(self, messages: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""
        return render(self._tokenizer, messages)

    def describe(self) -> dict[str, Any]:
        """Tell device, dtype, threads, versions and settings, for the record."""
        import torch
        import transformers
        import vllm

        return {
            "engine": self.name,
            "device": self._device,
            "dtype": self._dtype,
            "threads": len(self._cpus) if self._is_cpu else None,
            "cpus": os.cpu_count(),
            "vllm": vllm.__version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "settings": {key: v for key, v in self._settings().items() if key != "model"},
            "eos_ids": list(self._eos_ids),
            "notes": list(self._notes),
        }

    def cache_bytes(self, tokens: int, answers: int) -> int:  # noqa: ARG002  vLLM takes it whole
        """Say how much memory keys and values will take: on a CPU what vLLM is given at once."""
        return self._cache_bytes if self._is_cpu else 0

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished.

        Requests come in any order, each (question, sample) once. Raises RunFailedError where vLLM
        can't load the model, or prompt and budget do not fit into its context.
        """
        prompts = encode_prompts(self._tokenizer, requests)
        if not prompts:
            return
        longest = max(len(prompt.ids) for prompt in prompts)
        engine = self._started(longest + decoding.max_new_tokens).llm_engine
        under_way: dict[str, Request] = {}
        try:
            for number, prompt in enumerate(prompts):
                tokens = {"type": "token", "prompt_token_ids": prompt.ids}
                engine.add_request(str(number), tokens, self._sampling(prompt.request, decoding))
                under_way[str(number)] = prompt.request
            while engine.has_unfinished_requests():
                for output in engine.step():
                    if output.finished:
                        request = under_way.pop(output.request_id)
                        yield self._response(request, output.outputs[0], decoding)
        finally:
            # A reader that stops early would leave answers behind for the next call to receive.
            if under_way:
                engine.abort_request(list(under_way))

    @property
    def _is_cpu(self) -> bool:
        return self._device == "cpu"

    @property
    def _processes(self) -> int:
        return int(self._wanted["tensor_parallel_size"] or 1)

    def _loadable_source(self) -> str:
        """Find the folder vLLM loads; make the folder where there is none."""
        if self._spec.source not in ("gguf", "adapter"):
            with in_one_line(self._spec):
                check_weights(self._spec)
            return str(origin_of(self._spec, with_weights=True).folder)
        self._folder = tempfile.TemporaryDirectory(prefix="evalsuite-")
        folder = Path(self._folder.name)
        save_plain(load_model(self._spec, device="cpu", dtype=self._dtype), folder)
        return str(folder)

    def _started(self, longest: int) -> Any:
        """Start vLLM with room for the longest answer; again where a later one is longer."""
        if self._llm is None or longest > self._context:
            # Ended first: the next process needs the memory of this one.
            self._llm = None
            self._context = self._room(longest)
            self._llm = self._start()
        return self._llm

    def _room(self, longest: int) -> int:
        """Round up, but never beyond what the model was made for."""
        rounded = -(-longest // _STEP) * _STEP
        return rounded if self._positions is None else max(longest, min(rounded, self._positions))

    def _start(self) -> Any:
        with _environment(self._variables()):
            from vllm import LLM

            try:
                return LLM(**self._settings())
            except (ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
                words = " ".join(str(error).split())[:300] or type(error).__name__
                raise RunFailedError(
                    "vLLM can't start {model!r}: {words}; see what it wrote above, or use "
                    "--engine hf",
                    model=self._spec.name,
                    words=words,
                ) from error

    def _settings(self) -> dict[str, Any]:
        """List what vLLM is started with; eager on a CPU, where compiling costs a minute."""
        settings: dict[str, Any] = {
            "model": self._source,
            "dtype": self._dtype,
            "max_model_len": self._context,
            "enforce_eager": self._is_cpu,
            "seed": 0,
            "trust_remote_code": False,
        }
        settings |= {key: value for key, value in self._wanted.items() if value is not None}
        if self._is_cpu:  # each process holds its part of every token
            settings["kv_cache_memory_bytes"] = self._cache_bytes // self._processes
        return settings

    def _variables(self) -> dict[str, str]:
        """Set what vLLM reads from the environment: stdout stays free, and nobody is told."""
        quiet = {
            "VLLM_LOGGING_LEVEL": "ERROR",
            "VLLM_LOGGING_STREAM": "ext://sys.stderr",
            "VLLM_NO_USAGE_STATS": "1",
        }
        if not self._is_cpu:
            return quiet
        share = max(len(self._cpus) // self._processes, 1)
        starts = range(0, share * self._processes, share)
        shares = [self._cpus[start : start + share] or self._cpus for start in starts]
        return quiet | {
            "VLLM_CPU_OMP_THREADS_BIND": "|".join(",".join(map(str, cpus)) for cpus in shares),
            "OMP_NUM_THREADS": str(share),
        }

    def _sampling(self, request: Request, decoding: Decoding) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        name = ("sampling", request.question_id, request.sample)
        return SamplingParams(
            max_tokens=decoding.max_new_tokens,
            temperature=decoding.temperature,
            top_p=decoding.top_p,
            repetition_penalty=decoding.repetition_penalty,
            seed=derive_seed(decoding.seed, *name),
            # vLLM knows the end tokens of the configuration only; ours are these and the chat
            # template's end of turn.
            ignore_eos=True,
            stop_token_ids=list(self._eos_ids),
            stop=list(decoding.stop) or None,
            detokenize=bool(decoding.stop),
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _response(self, request: Request, output: Any, decoding: Decoding) -> Response:
        if output.finish_reason not in ("stop", "length"):
            raise RunFailedError(
                "vLLM ended {question} with {reason!r}, neither stop nor length; start the same "
                "command again",
                question=request.question_id,
                reason=output.finish_reason,
            )
        ids, ended = list(output.token_ids), output.finish_reason == "stop"
        # A stop reason is a string where a stop string ended the answer and a number where a
        # token did. vLLM's own text leaves the stop string out, so it is made from the ids.
        if ended and isinstance(output.stop_reason, str):
            text, _ = decode_with_ends(self._tokenizer, ids)
            stop_end = first_stop(text, decoding.stop)
            return respond(self._tokenizer, request, ids, ended=False, stop_end=stop_end)
        if ended and ids and ids[-1] in self._eos_ids:
            ids.pop()
        return respond(self._tokenizer, request, ids, ended=ended)


def _free_bytes() -> int:
    """Read how much memory can still be given out; vLLM runs on Linux only."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    (available,) = (line for line in lines if line.startswith("MemAvailable:"))
    return 1024 * int(available.split()[1])


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables the user has not set, and take them away again."""
    new = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)
