"""What ``evalsuite train`` makes of presets, a TRL YAML and options, before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from evalsuite.asking.spec import read_preset
from evalsuite.cli.terminal.progress import TrainingLines
from evalsuite.cli.train import command
from evalsuite.embedded.base_maker import BaseSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.training import Warmup
from evalsuite.training.options import build_config
from evalsuite.training.settings import train_spec

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("preset", ["tiny", "smol", "tutorial"])
def test_every_preset_is_a_valid_training(preset: str, tmp_path: Path) -> None:
    settings = read_preset(preset)
    warmup = settings["train"].pop("warmup", None)
    spec = train_spec(settings, model="base", seed=0)
    config = build_config(spec, output=tmp_path, reward_weights=[1.0])
    assert config.max_completion_length == spec.max_new_tokens
    assert config.learning_rate == spec.grpo["learning_rate"]
    assert warmup is None or Warmup(**warmup).steps > 0


def test_tiny_preset_holds_the_warmup_and_a_sentence_for_readers() -> None:
    settings = read_preset("tiny")
    assert BaseSpec(**settings["warmup"]).steps > 0
    assert "GRPO" in settings["note"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no model to train"),
        (["--preset", "huge"], "huge"),
        (["base", "--seeds", "0"], "--seeds is 0"),
        (["base", "--from-scratch"], "--preset tiny"),
        (["base", "--rewards", "vibes"], "rewards is 'vibes'"),
        (["base", "--difficulty", "hard"], "0.1..0.6"),
        (["base", "--warmup-steps", "5"], "needs a warm-up"),
        (["base", "--warmup-only"], "needs a warm-up"),
        (["base", "--difficulty", "0.6..0.1"], "two rising shares"),
        (["base", "--alias", "my settings"], "--alias is 'my settings'"),
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


def test_several_seeds_are_not_pushed_to_one_repository(tmp_path: Path) -> None:
    (tmp_path / "push.yaml").write_text("push_to_hub: true\n", encoding="utf-8")
    arguments = ["base", "-c", str(tmp_path / "push.yaml"), "--seeds", "2", "-o", str(tmp_path)]

    result = CliRunner().invoke(command, arguments)

    assert isinstance(result.exception, InvalidInputError)
    assert "would push every seed to one repository" in str(result.exception)


def test_progress_is_the_mean_of_all_steps_since_the_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One step has a few groups only; its own share would jump from line to line."""
    show = TrainingLines()
    for step in range(1, 11):
        right = 0.2 if step <= 5 else 0.1 * (step - 5)
        row = {"rewards/correct/mean": right, "groups_without_signal": step % 2}
        show({"step": step, "reward": right, "completions/mean_length": 9.0, **row}, ())
    told = capsys.readouterr().err.splitlines()
    assert [" ".join(line.split()) for line in told] == [
        "to step 5 right 20% groups without signal 60% cut off 0% 9 tokens",
        "to step 10 right 30% groups without signal 40% cut off 0% 9 tokens",
    ]
