"""The model a training starts from, loaded as its settings ask, with weights that can move.

Adapters and GGUF files are written out plainly where something must find them again by a path:
an adapter trained on them, or the reference that a KL penalty loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalsuite.errors import InvalidInputError, joined
from evalsuite.models.load import load_model, save_plain
from evalsuite.models.names import resolve
from evalsuite.models.origin import in_one_line
from evalsuite.models.prompt import check_arguments
from evalsuite.models.weights import empty_model
from evalsuite.records.dataclass import dataclass
from evalsuite.tasks.prompts import load_prompt

if TYPE_CHECKING:
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import ModelSpec
    from evalsuite.records.training import TrainSpec
    from evalsuite.tasks.prompts import Prompt

__all__ = [
    "LoadOptions",
    "adapter_config",
    "check_adapter",
    "load_options",
    "load_start",
    "name_base",
    "plain_start",
    "training_prompt",
]

_DTYPES = ("float32", "bfloat16")
_LONGEST_REASON = 300
"""Characters of what a library says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What ``model_init_kwargs`` may ask for, as evalsuite loads the model."""

    dtype: Literal["float32", "bfloat16"] = "float32"
    attn_implementation: str | None = None
    """None leaves the choice to transformers."""
    use_kernels: bool = False


def load_options(spec: TrainSpec) -> LoadOptions:
    """Read ``model_init_kwargs``; refuse what would not be honoured.

    Examples
    --------
    >>> from evalsuite.records.run import ModelSpec
    >>> from evalsuite.records.training import TrainSpec
    >>> model = ModelSpec(name="m", source="folder", location="m")
    >>> spec = TrainSpec(model=model, grpo={"model_init_kwargs": {"dtype": "bfloat16"}})
    >>> load_options(spec).dtype
    'bfloat16'
    """
    given = spec.grpo.get("model_init_kwargs") or {}
    if not isinstance(given, Mapping):
        raise InvalidInputError(
            "model_init_kwargs is {given!r}; write a table, such as {dtype: bfloat16}", given=given
        )
    given = dict(given)
    if "torch_dtype" in given:
        given["dtype"] = given.pop("torch_dtype")
    unknown = sorted(given.keys() - {"dtype", "attn_implementation", "use_kernels"})
    if unknown:
        raise InvalidInputError(
            "model_init_kwargs {unknown} can't be honoured: evalsuite loads the model itself; "
            "leave it out (dtype, attn_implementation and use_kernels are taken)",
            unknown=joined(unknown),
        )
    if given.get("dtype", "float32") not in _DTYPES:
        raise InvalidInputError(
            "model_init_kwargs dtype is {dtype!r}; use one of {dtypes}",
            dtype=given["dtype"],
            dtypes=", ".join(_DTYPES),
        )
    return LoadOptions(**given)


def training_prompt(spec: TrainSpec) -> Prompt:
    """Give the prompt of a training, with its chat template and the arguments of that."""
    arguments = spec.grpo.get("chat_template_kwargs")
    if not isinstance(arguments, Mapping | None):
        raise InvalidInputError(
            "chat_template_kwargs is {arguments!r}; write a table, such as {enable_thinking: "
            "false}",
            arguments=arguments,
        )
    return load_prompt(spec.prompt, arguments, template=spec.chat_template)


def load_start(spec: TrainSpec, *, device: str) -> LoadedModel:
    """Load the start model on a device, ``auto`` or ``cpu``, as `load_options` say.

    Raises InvalidInputError for an attention or kernels that this machine lacks, RunFailedError
    where the model can't be loaded.
    """
    options = load_options(spec)
    # Packed weights are those of a folder: an adapter is merged, and written there, first.
    loaded = load_model(
        spec.model,
        device=device,
        dtype=options.dtype,
        chat_template=spec.chat_template,
        packing=None if spec.model.source == "adapter" else spec.packing,
    )
    return _prepared(loaded, spec, options)


def plain_start(spec: TrainSpec, loaded: LoadedModel, folder: Path) -> LoadedModel:
    """Write a start model that no path names as it is to a folder, and load it from there.

    Others are given back as they are. The folder belongs to the training.
    """
    needs_path = spec.adapter == "lora" or float(spec.grpo.get("beta", 0.0)) > 0
    if spec.model.source not in ("adapter", "gguf") or not needs_path:
        return loaded
    save_plain(loaded, folder)
    options = load_options(spec)
    named = replace(resolve(f"path:{folder}"), name=spec.model.name)
    plain = load_model(named, device=loaded.device, dtype=options.dtype, packing=spec.packing)
    return _prepared(plain, spec, options)


def adapter_config(spec: TrainSpec) -> Any:
    """Make the ``peft.LoraConfig`` of a training; None where all weights are trained.

    Raises InvalidInputError for options that peft does not have or refuses.
    """
    if spec.adapter == "full":
        return None
    from peft import LoraConfig

    options = {"r": 16, "lora_alpha": 32, "task_type": "CAUSAL_LM", **spec.lora}
    # The base as it was: its name alone leads to whatever the Hub has there by then.
    options.setdefault("revision", spec.model.revision)
    try:
        return LoraConfig(**options)
    except (TypeError, ValueError) as error:
        raise _refused_adapter(error) from error


def check_adapter(spec: TrainSpec) -> None:
    """Put the adapter on a model of the same shape without weights, which takes no time.

    What peft refuses, such as a module that the model does not have, it then refuses before any
    weights are loaded. Raises InvalidInputError.
    """
    config = adapter_config(spec)
    if config is None:
        return
    import torch
    from peft import get_peft_model

    with in_one_line(spec.model):
        empty = empty_model(spec.model)
    try:
        with torch.device("meta"):  # or a huge rank would take memory here
            get_peft_model(empty, config)
    except RuntimeError:
        return  # it wants numbers (init_lora_weights: pissa), and sees them once there are some
    except Exception as error:  # peft tries options one by one, and Python's own errors end it
        raise _refused_adapter(error) from error


def _refused_adapter(error: Exception) -> InvalidInputError:
    reason = " ".join(str(error).split())[:_LONGEST_REASON]
    return InvalidInputError(
        "peft refuses the LoRA options ({reason}); mend lora_* in the file, or leave it out",
        reason=reason,
    )


def name_base(model: Any, spec: ModelSpec) -> None:
    """Let an adapter name its base so that it is found again from any folder, at its revision.

    ``model`` is the model in training; anything but a PEFT model is left as it is.
    """
    for config in getattr(model, "peft_config", {}).values():
        is_path = spec.source != "hub"
        location = str(Path(spec.location).resolve()) if is_path else spec.location
        config.base_model_name_or_path, config.revision = location, spec.revision


def _prepared(loaded: LoadedModel, spec: TrainSpec, options: LoadOptions) -> LoadedModel:
    arguments = training_prompt(spec).arguments
    check_arguments(loaded.tokenizer, arguments)
    if spec.packing is None:  # packed numbers have no gradient
        # Merging an adapter freezes the weights it was merged into; LoRA freezes them again itself.
        loaded.model.requires_grad_(True)
    try:
        if options.attn_implementation is not None:
            loaded.model.set_attn_implementation(options.attn_implementation)
        if options.use_kernels:
            loaded.model.set_use_kernels(True)
    except (ImportError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InvalidInputError(
            "model_init_kwargs can't be honoured here: {reason}; leave it out", reason=reason
        ) from error
    return replace(loaded, template_arguments=arguments)
