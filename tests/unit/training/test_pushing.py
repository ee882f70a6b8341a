"""Pushes that would not lead to the trained model are refused before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec
from evalsuite.training.options import build_config
from evalsuite.training.pushing import check_push

if TYPE_CHECKING:
    from pathlib import Path

GRPO = {"per_device_train_batch_size": 4, "num_generations": 4, "use_cpu": True}
LOCAL = resolve("base")
ON_HUB = ModelSpec(name="b", source="hub", location="acme/b", revision="c0ffee")


def check(folder: Path, model: ModelSpec, adapter: Any = "full", **grpo: Any) -> None:
    spec = TrainSpec(model=model, adapter=adapter, grpo=GRPO | {"push_to_hub": True} | grpo)
    check_push(spec, build_config(spec, output=folder / "out", reward_weights=[1.0]))


def test_a_strategy_that_pushes_what_is_not_finished_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="hub_strategy is every_save, and only the fin"):
        check(tmp_path, LOCAL, hub_strategy="every_save")
    check(tmp_path, LOCAL, hub_strategy="end")
    check(tmp_path, LOCAL, hub_strategy="every_save", push_to_hub=False)


def test_an_adapter_is_pushed_where_its_base_is_found_from_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"names its base by a path of this machine \("):
        check(tmp_path, LOCAL, "lora")
    check(tmp_path, ON_HUB, "lora")
