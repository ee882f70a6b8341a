"""What ``evalsuite train`` makes of presets, a TRL YAML and options, before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from evalsuite.cli.config import read_preset
from evalsuite.cli.train import _recipe, command
from evalsuite.core.grpo_options import check_options
from evalsuite.core.pair import train_spec
from evalsuite.errors import InvalidInputError
from evalsuite.records.training import WarmupSpec

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING: dict[str, Any] = dict.fromkeys(
    (
        "task",
        "rewards",
        "gate",
        "max_new_tokens",
        "prompt",
        "n_questions",
        "data_file",
        "max_steps",
        "difficulty",
    )
) | {"lora": False}


def test_options_win_over_yaml_and_yaml_over_the_preset(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("learning_rate: 1.0e-3\nmax_steps: 7\nmax_completion_length: 50\n")
    recipe = _recipe("tiny", path, _NOTHING | {"max_new_tokens": 40})["train"]
    assert recipe["max_new_tokens"] == 40
    assert recipe["grpo"]["max_steps"] == 7
    assert recipe["grpo"]["learning_rate"] == 1e-3
    assert recipe["grpo"]["num_generations"] == 8


def test_lora_and_step_options_reach_the_specification() -> None:
    recipe = _recipe("tiny", None, _NOTHING | {"lora": True, "max_steps": 3})
    spec = train_spec(recipe, model="base", seed=5)
    assert (spec.adapter, spec.grpo["max_steps"], spec.seed) == ("lora", 3, 5)


@pytest.mark.parametrize("preset", ["tiny", "smol", "tutorial"])
def test_every_preset_is_a_valid_training(preset: str) -> None:
    import dataclasses

    from trl import GRPOConfig

    recipe = read_preset(preset)
    recipe["train"]["model"] = "base"
    spec = train_spec(recipe, model="base", seed=0)
    check_options(spec.grpo, known={field.name for field in dataclasses.fields(GRPOConfig)})


def test_tiny_preset_holds_the_warmup_and_a_sentence_for_readers() -> None:
    recipe = read_preset("tiny")
    assert WarmupSpec(**recipe["warmup"]).steps > 0
    assert "GRPO" in recipe["note"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no model to train"),
        (["--preset", "huge"], "huge"),
        (["base", "--seeds", "0"], "--seeds is 0"),
        (["base", "--from-scratch"], "--preset tiny"),
        (["base", "--rewards", "vibes"], "rewards is 'vibes'"),
        (["base", "--difficulty", "hard"], "0.1..0.6"),
        (["base", "--difficulty", "0.6..0.1"], "two rising shares"),
        (["base", "--alias", "my recipe"], "--alias is 'my recipe'"),
        (["base", "--alias", "shaped@1"], "--alias is 'shaped@1'"),
        (["base", "--alias", "base"], "and not base"),
    ],
)
def test_requests_that_cannot_be_meant_end_in_one_sentence(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, InvalidInputError)
    assert message in str(result.exception)
    assert not list(tmp_path.iterdir())
