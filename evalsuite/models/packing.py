"""Weights packed by bitsandbytes while an adapter is trained on them, from whole ones.

Nothing is ever judged on packed weights: an adapter is merged into whole ones. It does not know
what is trained.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import torch

from evalsuite.disk.files import object_or_empty
from evalsuite.errors import InvalidInputError
from evalsuite.models.origin import in_one_line, origin_of, whole_model
from evalsuite.models.weights import check_weights, name_after

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from evalsuite.records.run import ModelSpec
    from evalsuite.records.training import Packing

__all__ = ["check_packing", "load_packed"]

_OLDEST = "0.46.1"
"""What transformers 5 packs with."""


def check_packing(model: ModelSpec, packing: Packing) -> None:
    """Refuse weights that can't be packed here; nothing is loaded.

    Raises InvalidInputError where bitsandbytes is missing, or the weights are packed already.
    """
    if model.source == "gguf":
        raise InvalidInputError(
            "{location} is a GGUF file, whose weights are packed already; name the model in whole "
            "weights, or leave load_in_{bits}bit out: --lora then trains on dequantised ones",
            location=model.location,
            bits=packing.bits,
        )
    with in_one_line(model):
        folder = origin_of(whole_model(model)).folder
    quantised = object_or_empty(folder / "config.json").get("quantization_config")
    if quantised is not None:
        method = quantised.get("quant_method") if isinstance(quantised, dict) else None
        raise InvalidInputError(
            "{folder} holds weights that {method} has packed already; name the model in whole "
            "weights",
            folder=folder,
            method=method or "quantization_config",
        )
    _check_installed(packing)


def load_packed(
    model: ModelSpec, packing: Packing, *, dtype: torch.dtype, device: str
) -> PreTrainedModel:
    """Load whole weights of a folder onto a device, packed on the way; every tensor is checked.

    ``dtype`` is that of the arithmetic and of what stays whole (embeddings, norms, the head). The
    loader is TRL's own way of packing.

    Raises RunFailedError naming what is damaged and in which file.
    """
    from transformers import AutoModelForCausalLM

    # Of whole numbers: packed ones no longer tell which of them was no number.
    check_weights(model)
    origin = origin_of(model, with_weights=True)
    loaded: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        origin.folder,
        dtype=dtype,
        quantization_config=_settings(packing, dtype),
        device_map={"": _place(device)},
        use_safetensors=True,
        **origin.options,
    )
    _keep_layout(loaded)
    name_after(loaded, model)
    return loaded


def _settings(packing: Packing, dtype: torch.dtype) -> Any:
    """Write the settings as TRL's ``get_quantization_config`` does."""
    from transformers import BitsAndBytesConfig

    if packing.bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_quant_type=packing.kind,
        bnb_4bit_use_double_quant=packing.nested,
        bnb_4bit_quant_storage=packing.storage,
    )


def _place(device: str) -> str | int:
    """Name the device so that one process of several gets its own."""
    return torch.cuda.current_device() if device == "cuda" else device


def _keep_layout(model: PreTrainedModel) -> None:
    """Let layers stay as they are packed when they answer.

    On CPUs with AVX512-BF16 bitsandbytes lays 4-bit weights out anew at the first answer, for a
    kernel through which no gradient goes: widths that are no multiple of 64 fail then, and of all
    others the gradients are wrong (docs/decisions/0118).
    """
    from bitsandbytes.nn import Linear4bit

    for layer in model.modules():
        if isinstance(layer, Linear4bit):
            layer.support_avx512bf16_for_cpu = False


def _check_installed(packing: Packing) -> None:
    from packaging.version import Version

    try:
        installed = version("bitsandbytes")
    except PackageNotFoundError:
        raise InvalidInputError(
            "load_in_{bits}bit needs bitsandbytes, which is not installed; run: pip install "
            "'evalsuite[quantised]', or leave it out",
            bits=packing.bits,
        ) from None
    if Version(installed) < Version(_OLDEST):
        raise InvalidInputError(
            "load_in_{bits}bit needs bitsandbytes {oldest} or newer, and {installed} is installed; "
            "run: pip install 'evalsuite[quantised]', or leave it out",
            bits=packing.bits,
            oldest=_OLDEST,
            installed=installed,
        )
