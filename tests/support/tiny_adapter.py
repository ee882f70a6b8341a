"""An adapter of the embedded base, as PEFT saves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.models.load import load_model
from evalsuite.models.names import embedded_folder, resolve

if TYPE_CHECKING:
    from pathlib import Path


def write_adapter(folder: Path) -> Path:
    """Write weights and settings, no tokenizer; the adapter changes the base's logits."""
    import torch
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(load_model(resolve("base"), device="cpu").model, settings)
    torch.manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:  # zero before training: left out, it would not show
            torch.nn.init.normal_(parameter, std=0.5)
    adapted.peft_config["default"].base_model_name_or_path = str(embedded_folder() / "base")
    adapted.save_pretrained(folder)
    return folder
