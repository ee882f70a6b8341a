"""A pair that is made from random weights goes on after a kill, to the same bytes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evalsuite.disk.files import sha256_of_file
from evalsuite.embedded.base_maker import BaseSpec
from evalsuite.embedded.maker import make_pair
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.training.settings import TrainSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

BASE = BaseSpec(demonstrations=64, steps=3, learning_rate=3e-3, batch_size=16, threads=1)
SETTINGS = TrainSettings(
    fields={
        "prompt": "plain",
        "n_questions": 16,
        "max_new_tokens": 16,
        "threads": 1,
        "grpo": {
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_steps": 4,
            "save_strategy": "steps",
            "save_steps": 2,
            "use_cpu": True,
        },
    }
)
MODELS = ("base", "trained/model", "trained-seed1/model")


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a pair without interruption."""
    folder: Path = tmp_path_factory.mktemp("pair") / "pair"
    make_pair(BASE, SETTINGS, output=folder)
    return folder


def _weights(folder: Path) -> list[str]:
    return [sha256_of_file(folder / name / "model.safetensors") for name in MODELS]


def _steps(folder: Path) -> list[int]:
    """Count the logged lines of base and of both trainings."""
    logs = sorted(folder.glob("*/train_log.jsonl"))
    return [log.read_text(encoding="utf-8").count("\n") for log in logs]


def _killed_in_base(folder: Path) -> None:
    for name in ("trained", "trained-seed1"):
        shutil.rmtree(folder / name)
    for path in (folder / "base").iterdir():
        if path.name != "train_log.jsonl":
            path.unlink()


def _killed_in_training(folder: Path) -> None:
    shutil.rmtree(folder / "trained-seed1")
    shutil.rmtree(folder / "trained" / "model")
    shutil.rmtree(folder / "trained" / "checkpoint-4")
    (folder / "trained" / "manifest.json").unlink()


def _killed_while_base_was_saved(folder: Path) -> None:
    _killed_in_base(folder)
    (folder / "base" / "model.safetensors").write_bytes(b"half")


@pytest.mark.parametrize(
    "kill", [_killed_in_base, _killed_while_base_was_saved, _killed_in_training]
)
def test_a_killed_pair_goes_on_to_the_same_bytes(
    straight: Path, tmp_path: Path, kill: Callable[[Path], None]
) -> None:
    folder = tmp_path / "pair"
    shutil.copytree(straight, folder)
    kill(folder)

    make_pair(BASE, SETTINGS, output=folder, resume=True)

    assert _weights(folder) == _weights(straight)
    assert _steps(folder) == _steps(straight)


def test_a_finished_pair_is_left_as_it_is(straight: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pair"
    shutil.copytree(straight, folder)
    before = [(folder / name / "model.safetensors").stat().st_mtime_ns for name in MODELS]

    make_pair(BASE, SETTINGS, output=folder, resume=True)

    after = [(folder / name / "model.safetensors").stat().st_mtime_ns for name in MODELS]
    assert after == before


def test_a_pair_is_never_written_over_nor_mixed_with_another(
    straight: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=r"not empty; .* add --resume to go on"):
        make_pair(BASE, SETTINGS, output=straight)
    with pytest.raises(InvalidInputError, match="base that was made with other settings"):
        make_pair(replace(BASE, steps=4), SETTINGS, output=straight, resume=True)
    with pytest.raises(RunFailedError, match="no pair to resume; start without --resume"):
        make_pair(BASE, SETTINGS, output=tmp_path / "nowhere", resume=True)
