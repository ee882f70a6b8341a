"""Save a loaded model as a plain folder that any engine can load: safetensors and tokenizer."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.models.load import LoadedModel

__all__ = ["save_plain"]


def save_plain(loaded: LoadedModel, folder: Path) -> None:
    """Write weights, configuration and tokenizer of a model whose source is of a special kind.

    Parameters
    ----------
    loaded
        From a GGUF file (dequantised) or an adapter (merged), for instance.
    folder
        Where it goes; made here.

    Notes
    -----
    transformers refuses to save a model that came from a GGUF file, although its weights are
    plain by then: the same weights are put into a model made from the configuration alone.
    """
    from transformers import AutoModelForCausalLM

    model = loaded.model
    config = deepcopy(model.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=model.dtype)
    plain.load_state_dict(model.state_dict())
    plain.generation_config = deepcopy(model.generation_config)
    plain.generation_config.eos_token_id = list(loaded.eos_ids)
    plain.save_pretrained(folder, safe_serialization=True)
    loaded.tokenizer.save_pretrained(folder)
