"""Settings of a training: options over a TRL YAML over a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.asking.spec import read_preset
from evalsuite.cli.shared.training_settings import training_settings
from evalsuite.training.options import train_spec
from evalsuite.training.start_model import training_prompt

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
        "warmup",
        "warmup_steps",
        "question_columns",
        "hold_out",
        "test",
    )
) | {"lora": False, "stop_on_fall": False, "template_arguments": ()}


def test_options_win_over_yaml_and_yaml_over_the_preset(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("learning_rate: 1.0e-3\nmax_steps: 7\nmax_completion_length: 50\n")
    settings = training_settings("tiny", path, _NOTHING | {"max_new_tokens": 40})["train"]
    assert settings["max_new_tokens"] == 40
    assert settings["grpo"]["max_steps"] == 7
    assert settings["grpo"]["learning_rate"] == 1e-3
    assert settings["grpo"]["num_generations"] == 8


def test_lora_and_step_options_reach_the_specification() -> None:
    settings = training_settings("tiny", None, _NOTHING | {"lora": True, "max_steps": 3})
    spec = train_spec(settings, model="base", seed=5)
    assert (spec.adapter, spec.grpo["max_steps"], spec.seed) == ("lora", 3, 5)


def test_warm_up_options_win_over_the_preset_and_none_switches_it_off() -> None:
    asked = _NOTHING | {"warmup": "self", "warmup_steps": 5}
    of_preset = read_preset("smol")["train"]["warmup"]
    chosen = training_settings("smol", None, asked)["train"]["warmup"]
    assert chosen == of_preset | {"solutions": "self", "steps": 5}
    assert training_settings("smol", None, _NOTHING | {"warmup": "none"})["train"]["warmup"] is None
    assert training_settings("tiny", None, _NOTHING)["train"]["warmup"] is None


def test_template_arguments_reach_the_prompt_of_the_training() -> None:
    asked = _NOTHING | {"template_arguments": ("enable_thinking=false",)}
    spec = train_spec(training_settings("tiny", None, asked), model="base", seed=0)
    assert training_prompt(spec).name == "plain@1 enable_thinking=false"
