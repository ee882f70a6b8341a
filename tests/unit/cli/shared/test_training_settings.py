"""Settings of a training: options over a TRL YAML over a preset."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from evalsuite.asking.spec import read_preset
from evalsuite.cli.shared.training_settings import TrainOptions, training_settings
from evalsuite.cli.train import command
from evalsuite.records.training import HeldOut, Warmup
from evalsuite.training.settings import read_settings, spec_of_training
from evalsuite.training.start_model import training_prompt

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING = TrainOptions(
    task=None,
    data_file=None,
    question_columns=None,
    hold_out=None,
    test=None,
    n_questions=None,
    difficulty=None,
    prompt=None,
    chat_template=None,
    template_arguments=(),
    rewards=None,
    gate=None,
    max_new_tokens=None,
    engine=None,
    warmup=None,
    warmup_steps=None,
    max_steps=None,
    stop_on_fall=False,
    lora=False,
)


def given(**options: Any) -> TrainOptions:
    return cast("TrainOptions", _NOTHING | options)


def test_what_the_command_takes_of_a_training_is_what_its_signature_says() -> None:
    own = inspect.signature(command.callback or command).parameters.keys()

    assert {each.name for each in command.params} - own == TrainOptions.__annotations__.keys()


def test_options_win_over_yaml_and_yaml_over_the_preset(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("learning_rate: 1.0e-3\nmax_steps: 7\nmax_completion_length: 50\n")
    settings = training_settings("tiny", path, given(max_new_tokens=40)).fields
    assert settings["max_new_tokens"] == 40
    assert settings["grpo"]["max_steps"] == 7
    assert settings["grpo"]["learning_rate"] == 1e-3
    assert settings["grpo"]["num_generations"] == 8


def test_lora_and_step_options_reach_the_specification() -> None:
    settings = training_settings("tiny", None, given(lora=True, max_steps=3))
    spec = spec_of_training(settings, model="base", seed=5)
    assert (spec.adapter, spec.grpo["max_steps"], spec.seed) == ("lora", 3, 5)


def test_warm_up_options_win_over_the_preset_and_none_switches_it_off() -> None:
    asked = given(warmup="self", warmup_steps=5)
    of_preset = read_settings(read_preset("smol")["train"]).warmup
    assert of_preset is not None
    chosen = training_settings("smol", None, asked).warmup
    assert chosen == replace(of_preset, solutions="self", steps=5)
    assert training_settings(None, None, asked).warmup == Warmup(solutions="self", steps=5)
    assert training_settings("smol", None, given(warmup="none")).warmup is None
    assert training_settings("tiny", None, _NOTHING).warmup is None


def test_held_out_questions_are_those_of_the_preset_where_it_has_some() -> None:
    assert training_settings("tiny", None, _NOTHING).fields.get("heldout") is None
    asked = training_settings("tiny", None, given(stop_on_fall=True))
    assert asked.fields["heldout"] == HeldOut()


def test_template_arguments_reach_the_prompt_of_the_training() -> None:
    asked = given(template_arguments=("enable_thinking=false",))
    spec = spec_of_training(training_settings("tiny", None, asked), model="base", seed=0)
    assert training_prompt(spec).name == "plain@1 enable_thinking=false"
