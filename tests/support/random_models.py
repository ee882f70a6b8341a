"""Small untrained models of many architectures, with a tokenizer, as they are when loaded."""

from __future__ import annotations

from typing import Any

import torch
import transformers

from evalsuite.embedded.model import build_tokenizer
from evalsuite.models.load import LoadedModel
from evalsuite.records.run import ModelSpec

__all__ = ["TEXTS", "random_model"]

TEXTS = [
    f"Ann has {n} apples and buys {m} more. How many now?" for n, m in [(1, 2), (30, 4), (5, 66)]
]
SHAPE = {
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": None,
}


def random_model(config_name: str, changes: dict[str, Any], dtype: Any = "float32") -> LoadedModel:
    tokenizer = build_tokenizer(TEXTS)
    config = getattr(transformers, config_name)(
        **{"vocab_size": len(tokenizer), **SHAPE, **changes}
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    with torch.no_grad():  # untrained biases are zero and norms one: a mistake there would not show
        for index, (name, parameter) in enumerate(model.named_parameters()):
            if name.endswith("bias") or "norm" in name:
                end = (
                    0.3 if index % 2 else -0.3
                )  # neighbours differ, or one could stand for another
                parameter.add_(torch.linspace(-end, end, parameter.numel(), dtype=parameter.dtype))
    return LoadedModel(
        spec=ModelSpec(name="random", source="folder", location="random", weights="random"),
        model=model.eval(),
        tokenizer=tokenizer,
        eos_ids=(1,),
        device="cpu",
        dtype=dtype,
    )
