"""Settings of a training: of a preset, laid over each other, as a specification."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.training import HeldOut, Packing, TrainSpec, Warmup
from evalsuite.training.settings import (
    TrainFields,
    TrainSettings,
    laid_over,
    read_settings,
    read_trl_yaml,
    spec_of_training,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_decide_every_field_but_those_of_the_run_itself() -> None:
    of_the_run = {"model", "seed", "reward_sources", "prompt_sha256", "schema"}

    assert {f.name for f in fields(TrainSpec)} - of_the_run == TrainFields.__annotations__.keys()


def test_a_section_is_read_with_its_tables_as_records() -> None:
    section = {
        "model": "org/name",
        "seed": 3,
        "rewards": "shaped",
        "heldout": {"questions": 50},
        "warmup": {"solutions": "gold", "steps": 4},
    }

    assert read_settings(section) == TrainSettings(
        model="org/name",
        seed=3,
        fields={"rewards": "shaped", "heldout": HeldOut(questions=50)},
        warmup=Warmup(solutions="gold", steps=4),
    )


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({"rewords": "binary"}, r"\[train\] has no key 'rewords'; did you mean rewards\?"),
        ({"fields": {}}, r"\[train\] has no key 'fields'"),
        ({"heldout": {"question": 5}}, r"\[train\.heldout\] has no key 'question'; did you mean"),
        ({"warmup": {"step": 5}}, r"\[train\.warmup\] has no key 'step'; did you mean steps"),
    ],
)
def test_a_misspelt_key_of_a_preset_is_a_sentence(section: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        read_settings(section)


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({"n_questions": "many"}, r"\[train\] n_questions is 'many'; it should be a valid integer"),
        ({"n_questions": True}, r"\[train\] n_questions is True"),
        ({"max_new_tokens": "64"}, r"\[train\] max_new_tokens is '64'"),
        ({"difficulty": [0.1]}, r"\[train\] difficulty\.1 is missing; add it"),
        ({"rewards": ["binary"]}, r"\[train\] rewards is \['binary'\]"),
        (
            {"gate": "sometimes"},
            r"\[train\] gate is 'sometimes'; it should be 'none', 'mixed_only'",
        ),
        ({"test_share": float("nan")}, r"\[train\] test_share is nan"),
        ({"columns": {"question": 1}}, r"\[train\] columns\.question is 1"),
        ({"lora": "r=8"}, r"\[train\] lora is 'r=8'"),
        ({"grpo": 7}, r"\[train\] grpo is 7"),
        ({"model": 3}, r"\[train\] model is 3"),
        ({"seed": 1.5}, r"\[train\] seed is 1\.5"),
        ({"heldout": 5}, r"\[train\] heldout is 5"),
        ({"heldout": {"every": "x"}}, r"\[train\] heldout\.every is 'x'"),
        ({"heldout": {"every": 0}}, "heldout every is 0; use 1 or more"),
        ({"warmup": {}}, r"\[train\] warmup\.solutions is missing"),
        ({"warmup": []}, r"\[train\] warmup is \[\]"),
    ],
)
def test_a_value_of_another_kind_is_a_sentence(section: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        read_settings(section)


def test_lists_of_a_file_become_the_tuples_of_records() -> None:
    assert read_settings({"difficulty": [0.1, 0.6]}).fields == {"difficulty": (0.1, 0.6)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: " + "[" * 3000, "can't read"),
        ("seed: " + "9" * 5000, "can't read"),
        ("seed: 2026-99-99", "can't read"),
        ("seed: &a [*a]", "holds over 10,000 values"),
        ("1: 2", "holds no keys and values"),
        ("use_peft: 'no'", "use_peft is 'no'; write true or false"),
        ("seed: 3\n" * 20_000, "is over 100,000 bytes"),
        ("load_in_4bit: 'yes'", "load_in_4bit is 'yes'; write true or false"),
        ("load_in_4bit: true\nload_in_8bit: true", "are both true; leave one out"),
        ("use_bnb_nested_quant: true", "use_bnb_nested_quant is about weights in 4 bits; add"),
        ("load_in_8bit: true\nbnb_4bit_quant_type: nf4", "bnb_4bit_quant_type is about weights"),
        ("load_in_4bit: true\nbnb_4bit_quant_type: int4", "is 'int4'; use one of nf4, fp4"),
        ("load_in_4bit: true\nbnb_4bit_quant_storage: int1", "bnb_4bit_quant_storage is 'int1'"),
    ],
)
def test_a_hostile_yaml_is_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInputError, match=message) as told:
        read_trl_yaml(path)
    assert len(str(told.value)) < 1000


@pytest.mark.parametrize(
    ("text", "packing"),
    [
        ("load_in_8bit: true", Packing(bits=8)),
        ("load_in_4bit: true", Packing(bits=4)),
        (
            "{load_in_4bit: true, use_bnb_nested_quant: true, bnb_4bit_quant_type: fp4}",
            Packing(bits=4, kind="fp4", nested=True),
        ),
        (
            "{load_in_4bit: true, bnb_4bit_quant_storage: bfloat16}",
            Packing(bits=4, storage="bfloat16"),
        ),
        ("load_in_4bit: false\nbnb_4bit_quant_type: nf4", None),
    ],
)
def test_packed_weights_of_a_trl_file_are_read_as_trl_takes_them(
    tmp_path: Path, text: str, packing: Packing | None
) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(text, encoding="utf-8")

    fields = read_trl_yaml(path).fields

    assert fields.get("packing") == packing
    assert fields["grpo"] == {}


def test_anchors_that_stand_for_more_than_any_memory_are_a_sentence(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    path = tmp_path / "grpo.yaml"
    path.write_text("\n".join([*lines, "seed: *a29"]), encoding="utf-8")

    with pytest.raises(InvalidInputError, match="holds over 10,000 values, anchors counted"):
        read_trl_yaml(path)


def test_an_ordinary_anchor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text("learning_rate: &rate 1e-4\nwarmup_steps: *rate\n", encoding="utf-8")

    assert read_trl_yaml(path).fields == {"grpo": {"learning_rate": 1e-4, "warmup_steps": 1e-4}}


def test_what_is_laid_over_wins_and_of_trls_options_key_by_key() -> None:
    lower = TrainSettings(
        model="a",
        seed=1,
        warmup=Warmup(solutions="gold"),
        fields={"task": "gsm8k", "rewards": "shaped", "grpo": {"beta": 0.1, "max_steps": 5}},
    )
    upper = TrainSettings(seed=0, fields={"rewards": "binary", "grpo": {"max_steps": 9}})

    both = laid_over(lower, upper)

    assert both == TrainSettings(
        model="a",
        seed=0,
        warmup=Warmup(solutions="gold"),
        fields={"task": "gsm8k", "rewards": "binary", "grpo": {"beta": 0.1, "max_steps": 9}},
    )
    spec = spec_of_training(both, model="base", seed=7)
    assert (spec.model.name, spec.seed, spec.grpo["max_steps"]) == ("base", 7, 9)


TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


@pytest.mark.parametrize("key", ["chat_template", "chat_template_path"])
def test_system_message_and_chat_template_of_a_trl_file_are_the_trainings(
    tmp_path: Path, key: str
) -> None:
    file = tmp_path / "chat.jinja"
    file.write_text(TEMPLATE, encoding="utf-8")
    path = tmp_path / "grpo.yaml"
    path.write_text(f"system_prompt: |\n  Be brief.\n{key}: {file}\n")
    assert read_trl_yaml(path).fields == {
        "prompt": "system:Be brief.",
        "chat_template": TEMPLATE,
        "grpo": {},
    }


def test_a_chat_template_may_stand_in_the_file_as_text(tmp_path: Path) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(f'chat_template: "{TEMPLATE}"\nsystem_prompt: null\n')
    assert read_trl_yaml(path).fields == {"chat_template": TEMPLATE, "grpo": {}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("system_prompt: 5", "system_prompt is 5; write a text, or leave it out"),
        ("system_prompt: ''", "system_prompt is ''; write a text"),
        ("chat_template: [a]", r"chat_template is \['a'\]; write a text"),
        ("chat_template: nowhere.jinja", r"can't read the chat template nowhere\.jinja"),
        ("chat_template_path: org/name", r"'org/name', and a tokenizer's tokens .* in \.jinja"),
        ("chat_template: x\nchat_template_path: a.jinja", "both name a template; leave one out"),
    ],
)
def test_what_is_no_prompt_of_a_trl_file_is_a_sentence(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "grpo.yaml"
    path.write_text(f"{text}\n")
    with pytest.raises(InvalidInputError, match=complaint):
        read_trl_yaml(path)
