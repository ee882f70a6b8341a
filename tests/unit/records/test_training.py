"""Specifications that can't be meant are refused when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec, Warmup

_MODEL = ModelSpec(name="m", source="folder", location="m")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rewards": "vibes"}, "binary, formatted, shaped, random"),
        ({"gate": "sometimes"}, "mixed_only"),
        ({"adapter": "qlora"}, "full, lora"),
        ({"n_questions": 0}, "n_questions is 0"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"gate": "auto", "rewards": "binary"}, "partial credit"),
    ],
)
def test_train_spec_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        TrainSpec(model=_MODEL, **changed)


@pytest.mark.parametrize(
    ("lora", "message"),
    [
        ({"r": "abc"}, "LoRA's r is 'abc'; write a whole number of 1 or more"),
        ({"r": 0}, "LoRA's r is 0"),
        ({"r": True}, "LoRA's r is True"),
        ({"r": 8.5}, "LoRA's r is 8.5"),
        ({"lora_alpha": "x"}, "LoRA's lora_alpha is 'x'; write a number above 0"),
        ({"lora_alpha": float("nan")}, "LoRA's lora_alpha is nan"),
        ({"lora_dropout": 1}, "LoRA's lora_dropout is 1; write a share from 0 to below 1"),
        ({"target_modules": 7}, "LoRA's target_modules is 7; write all-linear, or a list of names"),
        ({"target_modules": ["q_proj", 7]}, "LoRA's target_modules is"),
        ({"modules_to_save": "lm_head"}, "LoRA's modules_to_save is 'lm_head'; write a list"),
        ({"use_dora": "yes"}, "LoRA's use_dora is 'yes'; write true or false"),
    ],
)
def test_a_lora_value_that_no_adapter_has_is_refused(lora: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        TrainSpec(model=_MODEL, adapter="lora", lora=lora)


def test_lora_values_that_adapters_have_are_taken() -> None:
    lora = {"r": 8, "lora_alpha": 16.5, "lora_dropout": 0, "target_modules": "all-linear"}
    lora |= {"modules_to_save": ["lm_head"], "use_rslora": True}

    assert TrainSpec(model=_MODEL, adapter="lora", lora=lora).lora == lora


def test_train_spec_survives_json() -> None:
    spec = TrainSpec(model=_MODEL, rewards="shaped", gate="auto", grpo={"learning_rate": 1e-5})
    assert from_json(TrainSpec, to_json(spec)) == spec


def test_a_warmup_refuses_zero_steps() -> None:
    with pytest.raises(InvalidInputError, match="warm-up steps is 0"):
        Warmup(solutions="gold", steps=0)
