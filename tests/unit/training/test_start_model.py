"""What ``model_init_kwargs`` may ask for: honoured or refused, never only recorded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec
from evalsuite.training.start_model import (
    adapter_config,
    check_adapter,
    load_options,
    load_start,
    name_base,
)


def _spec(**options: Any) -> TrainSpec:
    return TrainSpec(model=resolve("base"), grpo={"model_init_kwargs": options})


def test_precision_and_attention_are_honoured() -> None:
    loaded = load_start(_spec(torch_dtype="bfloat16", attn_implementation="eager"), device="cpu")
    assert str(loaded.model.dtype) == "torch.bfloat16"
    assert loaded.model.config._attn_implementation == "eager"


def test_without_a_wish_the_model_is_float32_and_all_its_weights_move() -> None:
    loaded = load_start(TrainSpec(model=resolve("base")), device="cpu")
    assert str(loaded.model.dtype) == "torch.float32"
    assert all(parameter.requires_grad for parameter in loaded.model.parameters())


@pytest.mark.parametrize(
    "options",
    [{"device_map": "auto"}, {"dtype": "float16"}, {"dtype": "auto"}, {"load_in_4bit": True}],
)
def test_what_would_not_be_honoured_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="model_init_kwargs"):
        load_options(_spec(**options))


def test_attention_that_is_not_there_is_one_line() -> None:
    with pytest.raises(InvalidInputError, match="can't be honoured here") as error:
        load_start(_spec(attn_implementation="no_such_attention"), device="cpu")
    assert "\n" not in str(error.value)


def test_an_adapter_names_its_base_by_a_path_from_everywhere_or_at_its_commit() -> None:
    config = SimpleNamespace(base_model_name_or_path="g", revision=None)
    model = SimpleNamespace(peft_config={"default": config})
    name_base(model, ModelSpec(name="g", source="folder", location="g"))
    assert config.base_model_name_or_path.startswith("/")
    name_base(model, ModelSpec(name="q", source="hub", location="org/q", revision="c0ffee"))
    assert (config.base_model_name_or_path, config.revision) == ("org/q", "c0ffee")
    name_base(SimpleNamespace(), ModelSpec(name="g", source="folder", location="g"))


def _adapter(**lora: Any) -> TrainSpec:
    return TrainSpec(model=resolve("base"), adapter="lora", lora=lora)


@pytest.mark.parametrize(
    ("lora", "reason"),
    [
        ({"rr": 3}, "'rr'"),
        ({"task_type": "X"}, "Invalid task type: 'X'"),
        ({"target_modules": ["nope"]}, "'nope'.* not found in the base model"),
        ({"target_modules": "(["}, "unterminated character set"),
        ({"rank_pattern": {"q_proj": "x"}}, "not supported between"),
        ({"layer_replication": [[0, 99]]}, "out of range"),
        ({"init_lora_weights": "zzz"}, "Unknown initialization"),
    ],
)
def test_what_peft_refuses_is_one_line_before_weights_are_loaded(
    lora: dict[str, Any], reason: str
) -> None:
    with pytest.raises(
        InvalidInputError, match=rf"^peft refuses .*{reason}.*; mend lora_\*"
    ) as told:
        check_adapter(_adapter(**lora))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "lora",
    [{}, {"use_dora": True}, {"init_lora_weights": "pissa"}, {"target_modules": "all-linear"}],
)
def test_what_peft_takes_is_let_through(lora: dict[str, Any]) -> None:
    check_adapter(_adapter(**lora))


def test_without_an_adapter_there_is_nothing_to_refuse() -> None:
    spec = TrainSpec(model=resolve("base"), lora={"target_modules": ["nope"]})

    check_adapter(spec)

    assert adapter_config(spec) is None
