"""A training's folder is verified without a model library, and nothing is changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.training.verification import MARKER, find_trainings, is_sealed, verify_training

if TYPE_CHECKING:
    from pathlib import Path


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _training(folder: Path, *, is_finished: bool = True) -> Path:
    """Write what a training of four steps leaves."""
    folder.mkdir(parents=True)
    (folder / "train_spec.json").write_text('{"seed": 0}', encoding="utf-8")
    rows = "".join(f'{{"step": {step}, "reward": 0.5}}\n' for step in range(1, 5))
    (folder / "train_log.jsonl").write_text(rows, encoding="utf-8")
    for step in (2, 4):
        checkpoint = folder / f"checkpoint-{step}"
        checkpoint.mkdir()
        state = json.dumps({"global_step": step, "max_steps": 4}).encode()
        files = {"model.safetensors": b"weights" * step, "trainer_state.json": state}
        for name, content in files.items():
            (checkpoint / name).write_bytes(content)
        hashes = {name: _digest(content) for name, content in files.items()}
        (checkpoint / MARKER).write_text(json.dumps({"sha256": hashes}), encoding="utf-8")
    if is_finished:
        (folder / "model").mkdir()
        (folder / "model" / "model.safetensors").write_bytes(b"end")
        manifest: dict[str, Any] = {"weights_sha256": {"model.safetensors": _digest(b"end")}}
        (folder / "manifest.json").write_text(json.dumps(manifest | {"steps": 4}), encoding="utf-8")
    return folder


def _told(folder: Path) -> str:
    return "\n".join(f"{f.level}: {f.sentence}" for f in verify_training(folder).findings)


@pytest.mark.parametrize(("is_finished", "state"), [(True, "complete"), (False, "unfinished")])
def test_a_whole_training_is_sound(tmp_path: Path, is_finished: bool, state: str) -> None:
    verified = verify_training(_training(tmp_path / "run", is_finished=is_finished))

    assert (verified.state, verified.steps, verified.findings) == (state, 4, ())


def test_other_weights_than_the_manifest_names_need_a_hand(tmp_path: Path) -> None:
    folder = _training(tmp_path / "run")
    (folder / "model" / "model.safetensors").write_bytes(b"other")

    assert not is_sealed(folder)
    assert "problem: the weights in model/ are not those" in _told(folder)
    assert "goes on from checkpoint-4" in _told(folder)
    assert verify_training(folder).state == "unfinished"


@pytest.mark.parametrize(
    ("step", "way"), [(2, "a newer one counts"), (4, "--resume makes it again")]
)
def test_a_damaged_checkpoint_is_a_note(tmp_path: Path, step: int, way: str) -> None:
    folder = _training(tmp_path / "run", is_finished=False)
    (folder / f"checkpoint-{step}" / "model.safetensors").write_bytes(b"half")

    assert f"note: checkpoint-{step} is damaged" in _told(folder)
    assert way in _told(folder)
    assert verify_training(folder).is_sound
    assert verify_training(folder).steps == (4 if step == 2 else 2)


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_specification_nobody_can_read_needs_a_hand(tmp_path: Path, text: str) -> None:
    folder = _training(tmp_path / "run")
    (folder / "train_spec.json").write_text(text, encoding="utf-8")

    assert "problem: train_spec.json can't be read" in _told(folder)
    assert verify_training(folder).state == "unreadable"


def test_a_torn_log_is_a_note_and_a_damaged_line_a_problem(tmp_path: Path) -> None:
    folder = _training(tmp_path / "run")
    log = folder / "train_log.jsonl"
    log.write_bytes(log.read_bytes() + b'{"step": 5, "rew')
    assert "note: train_log.jsonl ends in half a line" in _told(folder)

    log.write_bytes(log.read_bytes().replace(b'{"step": 2,', b'{"step"; 2,'))
    assert "problem: train_log.jsonl line 2 is damaged" in _told(folder)


def test_trainings_of_several_seeds_are_found(tmp_path: Path) -> None:
    for name in ("grpo", "seeds/seed-0", "seeds/seed-1"):
        _training(tmp_path / name)

    assert [p.name for p in find_trainings(tmp_path)] == ["grpo", "seed-0", "seed-1"]


def test_no_model_library_is_loaded() -> None:
    code = (
        "import sys, evalsuite.training.verification; "
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
