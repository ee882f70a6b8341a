"""Training that was interrupted anywhere: the same weights, steps and log, or a plain word."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.disk.files import sha256_of_file
from evalsuite.models.names import resolve
from evalsuite.records.training import TrainSpec
from evalsuite.records.verdict import Statement
from evalsuite.reporting.wording import words
from evalsuite.training.grpo import Notice, train

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

# A constant learning rate: with a falling one a step too many would change nothing. Logged every
# second step and saved after each: what is averaged between two rows must survive a resume.
_GRPO = {
    "per_device_train_batch_size": 8,
    "num_generations": 4,
    "max_steps": 3,
    "learning_rate": 1e-3,
    "lr_scheduler_type": "constant",
    "logging_steps": 2,
    "save_strategy": "steps",
    "save_steps": 1,
    "use_cpu": True,
}
_SPEC = TrainSpec(
    model=resolve("base"),
    grpo=_GRPO,
    prompt="plain",
    n_questions=40,
    max_new_tokens=24,
    threads=1,
    seed=3,
)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train three steps without interruption."""
    folder: Path = tmp_path_factory.mktemp("straight") / "run"
    train(_SPEC, output=folder)
    return folder


@pytest.fixture
def killed(straight: Path, tmp_path: Path) -> Path:
    """Leave the run as a kill before its end does: without model and manifest."""
    folder = tmp_path / "killed"
    shutil.copytree(straight, folder)
    shutil.rmtree(folder / "model")
    (folder / "manifest.json").unlink()
    return folder


def _resume(folder: Path) -> list[str]:
    notices: list[Notice] = []
    train(_SPEC, output=folder, resume=True, on_notice=notices.append)
    return [words("en").tell(notice) for notice in notices if isinstance(notice, Statement)]


def _result(folder: Path) -> tuple[Any, ...]:
    """Give weights, steps and log, without the seconds."""
    lines = (folder / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [{k: v for k, v in json.loads(line).items() if k != "step_time"} for line in lines]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    model = sha256_of_file(folder / "model" / "model.safetensors")
    config = (folder / "model" / "config.json").read_text(encoding="utf-8")
    return model, config, manifest["steps"], rows


def test_resuming_a_finished_run_says_so_and_changes_nothing(straight: Path) -> None:
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in straight.rglob("*")}
    for _ in range(2):
        assert _resume(straight) == ["this training is finished; nothing was changed"]
    after = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in straight.rglob("*")}
    del before[straight / ".lock"], after[straight / ".lock"]
    assert after == before


def test_killed_after_its_last_checkpoint_a_run_makes_no_step_more(
    straight: Path, killed: Path
) -> None:
    assert "all steps were made before; the model is written from the last one" in _resume(killed)
    assert _result(killed) == _result(straight)


def test_killed_between_two_logged_steps_a_run_has_the_same_log(
    straight: Path, killed: Path
) -> None:
    for step in (2, 3):
        shutil.rmtree(killed / f"checkpoint-{step}")
    assert "the training goes on after step 1" in _resume(killed)
    assert _result(killed) == _result(straight)


@pytest.mark.parametrize("name", ["optimizer.pt", "model.safetensors", "trainer_state.json"])
def test_of_a_damaged_checkpoint_the_one_before_counts(
    straight: Path, killed: Path, name: str
) -> None:
    (killed / "checkpoint-3" / name).write_bytes(b"")
    [damage, place, *_] = _resume(killed)
    assert damage.startswith("checkpoint-3 is damaged")
    assert place == "the training goes on after step 2"
    assert _result(killed) == _result(straight)


def test_killed_before_its_first_checkpoint_a_run_starts_again(
    straight: Path, killed: Path
) -> None:
    for checkpoint in killed.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    assert "no complete checkpoint is there, so the training starts again" in _resume(killed)
    assert _result(killed) == _result(straight)
