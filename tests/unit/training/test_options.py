"""TRL's options: passed through, or refused with the way out."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from evalsuite.cli.shared.exits import with_hint
from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import HeldOut, TrainSpec
from evalsuite.training.options import (
    REMOVED,
    build_config,
    check_evaluation,
    check_options,
    check_vllm,
    checkpointing_key,
)
from evalsuite.training.settings import TrainSettings, read_trl_yaml
from evalsuite.training.start_model import load_options

if TYPE_CHECKING:
    from pathlib import Path

_MODEL = ModelSpec(name="m", source="folder", location="m")


def _spec(**grpo: object) -> TrainSpec:
    return TrainSpec(model=_MODEL, grpo=grpo, seed=7, max_new_tokens=33)


@pytest.mark.parametrize(
    "key",
    [
        *REMOVED,
        "trust_remote_code",
        "output_dir",
        "learning_rat",
        "system_prompt",
        "chat_template",
        "model_revision",
        "load_in_4bit",
    ],
)
def test_the_way_out_of_a_key_is_the_hint_of_the_command_line(key: str) -> None:
    error, hint = _told({key: 1})

    assert error.startswith(f"error: {key} ")
    assert re.match("hint: (write|use|leave|choose|name|did you mean)", hint)


def test_evaluation_while_training_wants_questions_that_are_held_out(tmp_path: Path) -> None:
    spec = _spec(eval_strategy="steps", eval_steps=1)
    config = build_config(spec, output=tmp_path, reward_weights=[1.0])

    with pytest.raises(InvalidInputError, match=r"eval_strategy: steps asks .*; add --hold-out"):
        check_evaluation(spec, config)
    check_evaluation(dataclasses.replace(spec, test_share=0.2), config)
    check_evaluation(dataclasses.replace(spec, heldout=HeldOut()), config)


def test_the_ways_out_of_several_keys_are_one_hint_that_names_each() -> None:
    assert _told({"no_cuda": 1, "evaluation_strategy": 1}) == [
        "error: no_cuda was removed from TRL, and evaluation_strategy was removed from TRL",
        "hint: no_cuda: write use_cpu: true, and evaluation_strategy: write eval_strategy",
    ]


def _told(options: dict[str, int]) -> list[str]:
    with pytest.raises(InvalidInputError) as raised:
        check_options(options, known=["learning_rate"])
    return with_hint(Clause(f"error: {raised.value}")).split("\n")


def test_every_removed_key_is_really_gone_from_trl() -> None:
    """The table is about the installed TRL; a key that comes back must leave the table."""
    from trl import GRPOConfig

    names = {field.name for field in dataclasses.fields(GRPOConfig)}
    deprecated = {"use_liger_kernel", "use_transformers_paged", "vllm_importance_sampling_cap"}
    assert not (REMOVED.keys() - deprecated) & names


def test_all_offending_keys_are_listed_at_once() -> None:
    with pytest.raises(InvalidInputError) as error:
        check_options({"no_cuda": 1, "output_dir": "x", "learning_rat": 1}, known=["learning_rate"])
    for part in ("use_cpu: true", "--output", "did you mean learning_rate?"):
        assert part in str(error.value)


def test_config_carries_seed_budget_and_weights_and_passes_the_rest_through(tmp_path: Path) -> None:
    config = build_config(
        _spec(learning_rate=3e-5, num_generations=4, per_device_train_batch_size=4, use_cpu=True),
        output=tmp_path,
        reward_weights=[1.0, 0.1],
    )
    assert (config.seed, config.data_seed, config.max_completion_length) == (7, 7, 33)
    assert (config.learning_rate, config.num_generations) == (3e-5, 4)
    assert config.reward_weights == [1.0, 0.1]
    assert config.scale_rewards == "batch"
    assert config.bf16 is False


def test_config_that_trl_refuses_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="TRL refuses the options"):
        build_config(
            _spec(num_generations=3, per_device_train_batch_size=4, use_cpu=True),
            output=tmp_path,
            reward_weights=[1.0],
        )


def test_yaml_of_trl_becomes_fields_of_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(
        "model_name_or_path: org/model\nuse_peft: true\nlora_r: 8\nseed: 3\n"
        "max_completion_length: 99\nlearning_rate: 1.0e-5\noutput_dir: elsewhere\n"
    )
    assert read_trl_yaml(path) == TrainSettings(
        model="org/model",
        seed=3,
        fields={
            "adapter": "lora",
            "lora": {"r": 8},
            "max_new_tokens": 99,
            "grpo": {"learning_rate": 1e-5},
        },
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "no keys and values"),
        ("a: [1\n", "can't read"),
        ("no_cuda: true\n", "use_cpu: true"),
        ("reward_funcs: [mine]\n", "--rewards"),
        ("seed: abc\n", "seed is 'abc'; write a whole number"),
        ("seed: 1.5\n", "seed is 1.5; write a whole number"),
        ("max_completion_length:\n", "max_completion_length is None; write a whole number"),
        ("a: !!python/object/apply:os.getcwd []\n", "can't read"),
    ],
)
def test_yaml_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=message):
        read_trl_yaml(path)


def test_checkpointing_option_takes_the_new_name_where_there_is_one() -> None:
    both = {"gradient_checkpointing", "activation_checkpointing"}
    assert checkpointing_key(both) == "activation_checkpointing"


_VLLM = {"use_vllm": True, "vllm_mode": "server", "vllm_server_base_url": "http://localhost:8000"}


@pytest.mark.parametrize(
    ("has_gpu", "installed", "message"),
    [
        (False, "0.25.0", "needs a CUDA device"),
        (
            True,
            None,
            r"vLLM <=0\.31\.0,>=0\.22\.0.*none is installed; run: pip install 'trl\[vllm\]'",
        ),
        (True, "0.33.0", r"<=0\.31\.0,>=0\.22\.0.*0\.33\.0 is installed"),
        (True, "0.21.2", r"0\.21\.2 is installed"),
    ],
)
def test_vllm_that_trl_cannot_drive_is_refused_in_one_line(
    has_gpu: bool, installed: str | None, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message) as error:
        check_vllm(_VLLM, has_gpu=has_gpu, installed=installed)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("installed", ["0.22.0", "0.31.0", "0.24.0+cu129"])
def test_vllm_versions_that_trl_supports_pass(installed: str) -> None:
    check_vllm(_VLLM, has_gpu=True, installed=installed)


def test_training_without_vllm_asks_for_none() -> None:
    check_vllm({}, has_gpu=False, installed=None)


@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_vllm_keys_reach_trl(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsuite.training.options.check_vllm", lambda *_, **__: None)
    options = _VLLM | {"vllm_mode": mode, "vllm_gpu_memory_utilization": 0.4, "use_cpu": True}
    config = build_config(_spec(**options), output=tmp_path, reward_weights=[1.0])
    assert (config.use_vllm, config.vllm_mode) == (True, mode)
    assert config.vllm_gpu_memory_utilization == 0.4
    assert config.vllm_server_base_url == "http://localhost:8000"


def test_vllm_on_this_machine_without_cuda_is_refused_before_a_model_is_loaded(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInputError, match="needs a CUDA device"):
        build_config(_spec(use_vllm=True, use_cpu=True), output=tmp_path, reward_weights=[1.0])


def test_code_of_a_model_is_never_trusted() -> None:
    with pytest.raises(InvalidInputError, match="no code of a model is ever run"):
        check_options({"trust_remote_code": True})


@pytest.mark.parametrize("written", ["1e-4", "1E-4", "+1e-4", "1.0e-4", "0.0001", '"1e-4"'])
def test_a_learning_rate_is_a_number_however_it_is_written(written: str, tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(f"learning_rate: {written}\nuse_cpu: true\nrun_name: 1e-4b\n")
    options = read_trl_yaml(path).fields["grpo"]
    assert options["run_name"] == "1e-4b"
    config = build_config(_spec(**options), output=tmp_path, reward_weights=[1.0])
    assert config.learning_rate == 1e-4


def test_a_text_where_a_number_belongs_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="learning_rate is 'fast', which is no number"):
        build_config(
            _spec(learning_rate="fast", use_cpu=True), output=tmp_path, reward_weights=[1.0]
        )


def test_keys_of_the_model_become_its_init_kwargs_and_never_reach_trl(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("torch_dtype: bfloat16\nattn_implementation: sdpa\nuse_cpu: true\n")
    options = read_trl_yaml(path).fields["grpo"]
    assert options["model_init_kwargs"] == {"dtype": "bfloat16", "attn_implementation": "sdpa"}
    config = build_config(_spec(**options), output=tmp_path, reward_weights=[1.0])
    assert config.model_init_kwargs is None


def test_every_lora_key_of_trl_reaches_the_adapter(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("use_peft: true\nuse_dora: true\nlora_modules_to_save: [lm_head]\n")
    fields = read_trl_yaml(path).fields
    assert fields["lora"] == {"use_dora": True, "modules_to_save": ["lm_head"]}


def test_lora_keys_of_a_file_are_kept_for_the_option_that_asks_for_an_adapter(
    tmp_path: Path,
) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("lora_r: 8\n")

    assert read_trl_yaml(path).fields == {"lora": {"r": 8}, "grpo": {}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": [1]}, r"learning_rate is \[1\], which is no number; write one"),
        ({"learning_rate": True}, "learning_rate is True, which is no number"),
        ({"learning_rate": float("nan")}, "learning_rate is nan, which is no number"),
        ({"learning_rate": "1e999"}, "learning_rate is '1e999', which is no number"),
        ({"beta": {}}, r"beta is \{\}, which is no number"),
        ({"max_steps": 1.5}, r"max_steps is 1\.5; write a whole number"),
        ({"num_generations": 10**400}, "num_generations is .*, which is no number"),
        ({"use_cpu": "maybe"}, "use_cpu is 'maybe'; write true or false"),
        ({"bf16": 2}, "bf16 is 2; write true or false"),
    ],
)
def test_a_value_of_another_kind_never_reaches_trl(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        build_config(_spec(**options), output=tmp_path, reward_weights=[1.0])


def test_a_model_init_kwargs_that_is_no_table_stays_to_be_refused(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("model_init_kwargs: bfloat16\ndtype: bfloat16\n")

    with pytest.raises(InvalidInputError, match="model_init_kwargs is 'bfloat16'; write a table"):
        load_options(_spec(**read_trl_yaml(path).fields["grpo"]))


def test_a_tracker_that_is_not_installed_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="clearml, which is not installed") as error:
        build_config(
            _spec(report_to=["clearml"], use_cpu=True), output=tmp_path, reward_weights=[1.0]
        )
    assert "pip install clearml" in str(error.value)


def test_a_token_is_never_an_option_for_it_would_be_recorded() -> None:
    with pytest.raises(InvalidInputError, match="HF_TOKEN"):
        check_options({"hub_token": "hf_secret"})


def test_trainers_tell_the_hub_nothing_of_a_run() -> None:
    from huggingface_hub import constants

    from evalsuite.models.quiet import quiet_libraries

    quiet_libraries()
    assert constants.HF_HUB_DISABLE_TELEMETRY
