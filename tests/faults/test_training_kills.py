"""A real training process, ended at random moments: what it says, and that it goes on."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from run_processes import SLOW_MACHINE, finish, started

from evalsuite.disk.files import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from forked import Forks, Started

# A constant learning rate: with a falling one a step too many would change nothing.
_CONFIG = """\
max_steps: 6
save_steps: 1
learning_rate: 0.001
lr_scheduler_type: constant
per_device_train_batch_size: 8
num_generations: 4
use_cpu: true
"""
_TRAIN = ("train", "--preset", "tiny", "-c", "grpo.yaml", "--questions", "40", "-o", "run")
_OPTIONS = ("--max-new-tokens", "24", "--seed", "3")


@pytest.fixture(scope="module")
def straight(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("straight")
    _settings(folder)
    finish(forks, folder, *_TRAIN, *_OPTIONS)
    return folder / "run"


def _settings(folder: Path) -> None:
    (folder / "grpo.yaml").write_text(_CONFIG, encoding="utf-8")


def _wait_for_step(process: Started, folder: Path, step: int) -> None:
    log, deadline = folder / "run" / "train_log.jsonl", time.monotonic() + SLOW_MACHINE
    while time.monotonic() < deadline and process.running:
        if log.is_file() and log.read_bytes().count(b"\n") >= step:
            return
        time.sleep(0.01)


def _result(output: Path) -> tuple[Any, ...]:
    """Give weights, steps and log, without the seconds."""
    lines = (output / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [{k: v for k, v in json.loads(line).items() if k != "step_time"} for line in lines]
    steps = json.loads((output / "manifest.json").read_text(encoding="utf-8"))["steps"]
    return sha256_of_file(output / "model" / "model.safetensors"), steps, rows


@pytest.mark.parametrize(
    ("sent", "code", "cut"),
    [
        pytest.param(signal.SIGINT, 130, "interrupted", marks=pytest.mark.faults),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        pytest.param(signal.SIGHUP, 129, "ended by SIGHUP", marks=pytest.mark.faults),
    ],
)
def test_a_training_that_is_asked_to_end_says_how_to_go_on_and_does(
    forks: Forks, straight: Path, tmp_path: Path, sent: signal.Signals, code: int, cut: str
) -> None:
    _settings(tmp_path)
    with started(forks, tmp_path, *_TRAIN, *_OPTIONS) as process:
        _wait_for_step(process, tmp_path, 2)
        process.send(sent)
        ended = process.ended(SLOW_MACHINE)
    assert ended is not None
    message = ended.errors
    assert ended.code == code, message
    line = f"{cut}; steps after the newest checkpoint are made again: add --resume to go on"
    assert message.splitlines()[-1] == line
    assert "Traceback" not in message

    finish(forks, tmp_path, *_TRAIN, *_OPTIONS, "--resume")

    assert _result(tmp_path / "run") == _result(straight)


@pytest.mark.faults
def test_a_training_killed_again_and_again_ends_in_the_same_weights_steps_and_log(
    forks: Forks, straight: Path, tmp_path: Path
) -> None:
    """Each kill -9 comes at a random moment after the first step of its session."""
    _settings(tmp_path)
    rng = np.random.default_rng(11)
    for session, step in enumerate((1, 3, 5)):
        options = (*_OPTIONS, *(("--resume",) if session else ()))
        with started(forks, tmp_path, *_TRAIN, *options) as process:
            _wait_for_step(process, tmp_path, step)
            time.sleep(rng.uniform(0, 0.4))
            process.send(signal.SIGKILL)
            process.ended(SLOW_MACHINE)
    assert not (tmp_path / "run" / "manifest.json").exists(), "it was done before the last kill"

    finish(forks, tmp_path, *_TRAIN, *_OPTIONS, "--resume")

    assert _result(tmp_path / "run") == _result(straight)


@pytest.mark.faults
def test_a_second_owner_of_a_training_folder_is_told_who_has_it(
    forks: Forks, tmp_path: Path
) -> None:
    """The first one is held still meanwhile, so that it can't finish too soon."""
    _settings(tmp_path)
    with started(forks, tmp_path, *_TRAIN, *_OPTIONS) as first:
        _wait_for_step(first, tmp_path, 1)
        first.send(signal.SIGSTOP)
        before = sorted(p.name for p in (tmp_path / "run").iterdir())
        with started(forks, tmp_path, *_TRAIN, *_OPTIONS, "--resume") as second:
            refused = second.ended(SLOW_MACHINE)
        assert refused is not None
        assert refused.code == 5, refused.errors
        assert f"process {first.number} on" in refused.errors
        assert "is working on the training in run" in refused.errors
        assert sorted(p.name for p in (tmp_path / "run").iterdir()) == before
