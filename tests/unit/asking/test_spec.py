"""Options: every one reaches the specification, none is dropped, presets stay below them."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

import click
import pytest

from evalsuite.asking.options import CompareOptions, SpecFields
from evalsuite.asking.spec import (
    CompareSpec,
    check_options,
    preset_models,
    preset_options,
    spec_of,
    task_of,
)
from evalsuite.cli.compare import command as compare
from evalsuite.cli.run import command as run
from evalsuite.cli.shared.options import ColumnOptions
from evalsuite.errors import InvalidInputError
from evalsuite.models.names import write_alias
from evalsuite.records.run import ModelSpec
from evalsuite.records.verdict import Policy

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT_OPTIONS = {
    "verbose",
    "quiet",
    "as_json",
    "dry_run",
    "lang",
    "output",
    "brief",
    "form",
    "log_to",
    "no_report",
    "open_it",
    "preset",
}


def test_the_options_are_the_fields() -> None:
    made = {"policy", "task", "tasks", "has_page"}
    names = {field.name for field in fields(CompareSpec)} - made

    assert set(SpecFields.__annotations__) == names


@pytest.mark.parametrize(
    ("command", "own"),
    [
        (
            compare,
            OUTPUT_OPTIONS | {*ColumnOptions.__annotations__},
        ),
        (run, {"as_json", "lang", "quiet", "preset", "shard", "shards", "executor"}),
    ],
)
def test_every_option_of_a_command_is_one_of_them(command: click.Command, own: set[str]) -> None:
    names = {p.name for p in command.params if isinstance(p, click.Option)} - own

    assert names <= {*SpecFields.__annotations__, *CompareOptions.__annotations__}


def test_seeds_is_another_name_of_subsets() -> None:
    assert spec_of(seeds=3) == spec_of(subsets=3) == CompareSpec(subsets=3)


def test_what_is_judged_together_is_one_or_several_in_a_list_or_with_commas() -> None:
    assert spec_of(declare="budgets").policy.declared == ("budgets",)  # type: ignore[arg-type]
    both = ("budgets", "graders")
    assert spec_of(declare="budgets, graders").policy.declared == both  # type: ignore[arg-type]
    assert spec_of(declare=list(both)).policy.declared == both  # type: ignore[arg-type]


def test_a_policy_is_taken_as_it_is() -> None:
    policy = Policy(alpha=0.01, margin=0.07)

    assert spec_of(policy=policy, alpha=None).policy == policy


def test_the_margin_is_in_points() -> None:
    policy = spec_of(margin=1.5, alpha=0.01, confidence=0.9).policy

    assert (policy.margin, policy.alpha, policy.confidence_level) == (0.015, 0.01, 0.9)


def test_a_preset_gives_settings_and_models() -> None:
    assert preset_options("smol")["max_new_tokens"] == (48, 64, 96)
    assert preset_models("tutorial", ("base", "mine"))[1] == "mine"
    assert preset_models("tiny", ("base", "trained")) == ("base", "trained")


def test_an_alias_that_exists_wins_over_the_model_of_a_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    published = preset_models("tutorial", ("base", "trained"))

    write_alias("trained", "path:runs/grpo/model")  # as training does, before it names `trained`

    assert published == ("Qwen/Qwen2.5-0.5B-Instruct", "banghua/Qwen2.5-0.5B-GRPO")
    assert preset_models("tutorial", ("base", "trained")) == (published[0], "trained")


def test_a_presets_missing_model_is_never_filled_with_the_embedded_one() -> None:
    with pytest.raises(InvalidInputError, match="preset smol has no model 'base'"):
        preset_models("smol", ("base", "trained"))


@pytest.mark.parametrize(
    ("option", "line"),
    [
        (
            {"confidence": 95.0},
            "confidence is 95.0, but it must lie strictly between 0 and 1",
        ),
        ({"alpha": 0.0}, "alpha is 0.0, but it must lie strictly between 0 and 1"),
        (
            {"margin": -3.0},
            "margin -3 must be above 0 and at most 100 points; write 2",
        ),
        ({"margin": float("nan")}, "margin nan must be above 0 and at most 100 points"),
        ({"samples": 0}, "0 samples a question are none; set --samples 1"),
        ({"samples": 2}, "2 samples at temperature 0.0 are all the same answer"),
        ({"subsets": -1}, "-1 subsets of 200 questions can't be drawn"),
        ({"subset_size": 0}, "5 subsets of 0 questions can't be drawn"),
        ({"device": "tpu"}, "device 'tpu' is unknown; use auto, cpu, cuda or cuda:N"),
    ],
)
def test_options_are_judged_before_anything_is_generated(option: CompareOptions, line: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(line)):
        check_options(spec_of(**option))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"first": 5, "subset": (42, 20)}, "choose different questions"),
        ({"first": 0}, "at least one question"),
        ({"subset": (42, 0)}, "at least one question"),
    ],
)
def test_a_choice_of_questions_that_is_none_is_refused(
    options: CompareOptions, complaint: str
) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        check_options(spec_of(**options))


@pytest.mark.parametrize(
    ("written", "task"),
    [('{"task": "embedded"}', "embedded"), ("{ torn", "gsm8k"), ("[]", "gsm8k")],
)
def test_the_task_is_read_of_a_manifest_that_may_be_damaged(
    tmp_path: Path, written: str, task: str
) -> None:
    (tmp_path / "manifest.json").write_text(written)

    assert task_of([ModelSpec(name="m", source="folder", location=str(tmp_path))]) == task
