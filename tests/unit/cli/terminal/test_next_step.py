"""What is printed after a training can be typed as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from evalsuite.cli.terminal.next_step import asked_as_trained, next_step
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec

MODEL = ModelSpec(name="m", source="embedded", location="m")
OWN = ModelSpec(name="m", source="folder", location="nowhere")
COLUMNS = {"question": "problem", "answer": "the solution"}


def test_next_step_after_a_warm_up_names_both_comparisons() -> None:
    told = next_step("trained", (0,), start="warmed")
    assert "compare warmed trained --seeds 5   what GRPO added" in told
    assert "compare base trained --seeds 5     warm-up and GRPO together" in told
    assert "warm" not in next_step("trained", (0,))


def test_next_step_asks_the_way_training_asked() -> None:
    told = next_step("trained", (0, 1), start="warmed", more_options=" --preset smol")
    assert told.count("'trained@*' --seeds 5 --preset smol") == 2


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ({"task": "embedded", "prompt": "plain"}, ""),
        ({"task": "gsm8k", "prompt": "boxed"}, ""),
        ({"task": "gsm8k", "prompt": "plain"}, " --task gsm8k --prompt plain"),
        (
            {"task": "hf:acme/sums", "prompt": "boxed", "columns": COLUMNS},
            " --task hf:acme/sums --columns 'question=problem,answer=the solution' --prompt boxed",
        ),
        (
            {"task": "mine.jsonl", "test": "my test.jsonl", "prompt": "boxed"},
            " --task 'my test.jsonl' --prompt boxed",
        ),
        ({"task": "text:hf:a/b", "prompt": "boxed"}, " --task text:hf:a/b --prompt boxed"),
        ({"task": "mine.jsonl", "prompt": "boxed"}, " --task TEST --prompt boxed"),
        (
            {"task": "mine.jsonl", "test": "embedded", "prompt": "plain", "columns": COLUMNS},
            " --task embedded --prompt plain",
        ),
        (
            {"grpo": {"repetition_penalty": 1.1}, "prompt": "plain"},
            " --repetition-penalty 1.1",
        ),
        (
            {"prompt": "system:Be brief.", "chat_template": "{{ messages }}"},
            " --task embedded --prompt 'system:Be brief.' --chat-template o/m/chat_template.jinja",
        ),
    ],
)
def test_the_comparison_asks_what_and_as_the_training_did(
    spec: dict[str, Any], options: str
) -> None:
    assert asked_as_trained(TrainSpec(model=MODEL, **spec), model="o/m", tested=None) == options


@pytest.mark.parametrize(("model", "bases"), [(OWN, []), (MODEL, [OWN])])
def test_a_task_that_the_comparison_would_not_choose_is_named(
    model: ModelSpec, bases: list[ModelSpec]
) -> None:
    spec = TrainSpec(model=model, task="embedded", prompt="plain")
    told = asked_as_trained(spec, model="m", tested=None, bases=bases)
    assert told == " --task embedded --prompt plain"


def test_what_was_held_out_wins_over_a_preset_and_has_columns_of_its_own() -> None:
    spec = TrainSpec(model=MODEL, task="mine.jsonl", prompt="boxed", columns=COLUMNS)
    told = asked_as_trained(spec, model="m", tested="o/heldout.jsonl", preset="smol")
    assert told == " --task o/heldout.jsonl --prompt boxed"


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ({}, " --preset smol"),
        ({"prompt": "system:Be brief."}, " --preset smol --prompt 'system:Be brief.'"),
        ({"task": "gsm8k"}, ""),
    ],
)
def test_a_preset_tells_what_the_training_left_as_it_was(
    spec: dict[str, Any], options: str
) -> None:
    asked = TrainSpec(model=MODEL, **({"task": "embedded", "prompt": "boxed"} | spec))
    assert asked_as_trained(asked, model="m", tested=None, preset="smol") == options
