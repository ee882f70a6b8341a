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


def test_train_spec_survives_json() -> None:
    spec = TrainSpec(model=_MODEL, rewards="shaped", gate="auto", grpo={"learning_rate": 1e-5})
    assert from_json(TrainSpec, to_json(spec)) == spec


def test_a_warmup_refuses_zero_steps() -> None:
    with pytest.raises(InvalidInputError, match="warm-up steps is 0"):
        Warmup(solutions="gold", steps=0)
