"""What a manifest holds of TRL: every setting it trained with, and no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evalsuite.records.codec import to_json
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec
from evalsuite.training.manifest import effective_settings
from evalsuite.training.options import build_config

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_nobody_set_are_there_with_what_trl_made_of_them(tmp_path: Path) -> None:
    model = ModelSpec(name="m", source="folder", location="m")
    spec = TrainSpec(model=model, grpo={"use_cpu": True, "learning_rate": 3e-5})
    config = build_config(spec, output=tmp_path, reward_weights=[1.0])
    settings = json.loads(to_json(effective_settings(config)))
    assert settings["learning_rate"] == 3e-5
    assert (settings["scale_rewards"], settings["loss_type"], settings["beta"]) == (
        "batch",
        "dapo",
        0.0,
    )
    assert settings["epsilon"] == 0.2
    assert settings["temperature"] == 1.0
    assert settings["num_generations"] == 8
    assert not {"output_dir", "hub_token"} & settings.keys()
