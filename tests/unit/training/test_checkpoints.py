"""Checkpoints: complete or not there."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from evalsuite.training.checkpoints import CheckpointSeal, drop_checkpoints, mid_buffer_notice
from evalsuite.training.verification import find_checkpoints

if TYPE_CHECKING:
    from pathlib import Path


def _write(output: Path, step: int, *, is_sealed: bool = True) -> Path:
    folder = output / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights" * step)
    state = {"global_step": step, "max_steps": 6}
    (folder / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    if is_sealed:
        state_now = SimpleNamespace(global_step=step, is_world_process_zero=True)
        CheckpointSeal().on_save(SimpleNamespace(output_dir=output), state_now, None)
    return folder


def _complete(output: Path) -> list[int]:
    return [checkpoint.step for checkpoint in find_checkpoints(output) if checkpoint.is_complete]


def test_sealed_checkpoints_are_complete_in_order_of_step(tmp_path: Path) -> None:
    for step in (6, 2, 4):
        _write(tmp_path, step)
    assert _complete(tmp_path) == [2, 4, 6]
    assert [c.is_last for c in find_checkpoints(tmp_path)] == [False, False, True]


@pytest.mark.parametrize("name", ["model.safetensors", "trainer_state.json", "complete.json"])
@pytest.mark.parametrize("damage", [b"", b"junk"])
def test_a_file_that_changed_makes_a_checkpoint_incomplete(
    tmp_path: Path, name: str, damage: bytes
) -> None:
    _write(tmp_path, 2)
    (_write(tmp_path, 4) / name).write_bytes(damage)
    assert _complete(tmp_path) == [2]


def test_a_missing_file_or_marker_makes_a_checkpoint_incomplete(tmp_path: Path) -> None:
    _write(tmp_path, 2)
    (_write(tmp_path, 4) / "model.safetensors").unlink()
    _write(tmp_path, 6, is_sealed=False)
    assert _complete(tmp_path) == [2]


def test_checkpoints_from_before_there_were_markers_count(tmp_path: Path) -> None:
    _write(tmp_path, 2, is_sealed=False)
    (_write(tmp_path, 4, is_sealed=False) / "optimizer.pt").write_bytes(b"")
    (tmp_path / "checkpoint-abc").mkdir()
    assert _complete(tmp_path) == [2]


def test_a_step_that_is_saved_is_logged_first() -> None:
    for should_save in (True, False):
        control = SimpleNamespace(should_log=False, should_save=should_save)
        CheckpointSeal().on_step_end(None, None, control)
        assert control.should_log is should_save


def test_dropped_checkpoints_are_gone(tmp_path: Path) -> None:
    _write(tmp_path, 2)
    drop_checkpoints(find_checkpoints(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_removal_that_is_cut_off_leaves_nothing_that_looks_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its marker the only checkpoint would be judged as one of an older version."""
    _write(tmp_path, 2)

    def cut_off(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evalsuite.training.checkpoints.shutil.rmtree", cut_off)
    with pytest.raises(KeyboardInterrupt):
        drop_checkpoints(find_checkpoints(tmp_path))

    assert _complete(tmp_path) == []


def test_a_folder_that_is_not_there_has_no_checkpoint(tmp_path: Path) -> None:
    assert find_checkpoints(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("save_steps", "iterations", "is_fine"), [(50, 1, True), (4, 2, True), (3, 2, False)]
)
def test_checkpoints_between_two_generations_are_told_to_resume_otherwise(
    save_steps: int, iterations: int, is_fine: bool
) -> None:
    config = SimpleNamespace(
        save_strategy="steps",
        save_steps=save_steps,
        steps_per_generation=4,
        num_iterations=iterations,
        gradient_accumulation_steps=4,
    )
    assert (mid_buffer_notice(config) is None) is is_fine
