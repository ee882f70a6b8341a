"""Checkpoints of a training: each is complete or not there, and the newest complete one counts.

A marker with the hash of every file is written last. Every checkpoint is also a logged step, so
that a resumed run writes the same log as an uninterrupted one.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import torch
from transformers import TrainerCallback

from evalsuite.disk.files import sha256_of_file, write_atomically
from evalsuite.records.codec import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Checkpoint",
    "CheckpointSeal",
    "drop_checkpoints",
    "find_checkpoints",
    "mid_buffer_notice",
]

_MARKER = "complete.json"
_STATE = "trainer_state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One checkpoint folder, as far as it can be told without loading it."""

    path: Path
    step: int
    last_step: int | None
    """Of the whole training; None where its state can't be read."""
    is_complete: bool

    @property
    def is_last(self) -> bool:
        """Tell whether nothing is left to train after it."""
        return self.last_step is not None and self.step >= self.last_step


class CheckpointSeal(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Mark every checkpoint that was written whole."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_context: Any) -> None:  # noqa: ARG002, D102  a hook of transformers
        # What is averaged over logged steps lives in memory only: logged before it is saved, a
        # resumed run has nothing to forget.
        control.should_log |= control.should_save

    on_epoch_end = on_step_end

    def on_save(self, args: Any, state: Any, control: Any, **_context: Any) -> None:  # noqa: ARG002, D102  a hook of transformers
        # Every process writes its own random state: the marker waits for the slowest.
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.barrier()
        if state.is_world_process_zero:
            _seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")


def mid_buffer_notice(config: Any) -> str | None:
    """Say that checkpoints fall between two generations, whose answers no checkpoint holds.

    ``config`` is a ``GRPOConfig``. None where a resumed run will equal an uninterrupted one.
    """
    if str(getattr(config.save_strategy, "value", config.save_strategy)) != "steps":
        return None
    used_for = config.steps_per_generation * config.num_iterations
    steps = max(1, used_for // config.gradient_accumulation_steps)
    if config.save_steps % steps == 0:
        return None
    return (
        f"answers serve {steps} steps each and save_steps is {config.save_steps}: a resumed run "
        f"will sample again and end in other weights; make it a multiple of {steps}"
    )


def find_checkpoints(output: Path) -> tuple[Checkpoint, ...]:
    """List the checkpoints of a run, oldest first; the folder may be missing."""
    folders = [p for p in output.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", p.name)]
    # Checkpoints from before there were markers are judged by themselves; beside a marked one, an
    # unmarked one was cut off while being written.
    has_markers = any((folder / _MARKER).is_file() for folder in folders)
    checkpoints = (_checkpoint(folder, has_markers=has_markers) for folder in folders)
    return tuple(sorted(checkpoints, key=lambda checkpoint: checkpoint.step))


def drop_checkpoints(checkpoints: Iterable[Checkpoint]) -> None:
    """Remove checkpoints that a resumed run will write again; its owner alone may."""
    for checkpoint in checkpoints:
        # The marker first: a removal that is interrupted leaves nothing that looks complete.
        (checkpoint.path / _MARKER).unlink(missing_ok=True)
        shutil.rmtree(checkpoint.path)


def _seal(folder: Path) -> None:
    if not folder.is_dir():  # the trainer's own limit may have removed it
        return
    hashes = {str(p.relative_to(folder)): sha256_of_file(p) for p in _files(folder)}
    write_atomically(folder / _MARKER, to_json({"schema": 1, "sha256": hashes}))


def _checkpoint(folder: Path, *, has_markers: bool) -> Checkpoint:
    step = int(folder.name.rpartition("-")[2])
    state = _read(folder / _STATE)
    is_whole = _matches_marker(folder) if has_markers else _looks_whole(folder)
    last_step = state.get("max_steps")
    return Checkpoint(
        path=folder,
        step=step,
        last_step=last_step if isinstance(last_step, int) else None,
        is_complete=is_whole and state.get("global_step") == step,
    )


def _matches_marker(folder: Path) -> bool:
    hashes = _read(folder / _MARKER).get("sha256")
    if not isinstance(hashes, dict) or not hashes:
        return False
    try:
        return all(sha256_of_file(folder / name) == hash_ for name, hash_ in hashes.items())
    except OSError:
        return False


def _looks_whole(folder: Path) -> bool:
    files = _files(folder)
    pickles = [path for path in files if path.suffix in (".pt", ".pth")]
    return all(path.stat().st_size for path in files) and all(map(is_zipfile, pickles))


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != _MARKER)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
