"""Checkpoints as they are written: a marker with the hash of every file comes last.

Every checkpoint is also a logged step, so that a resumed run writes the same log as an
uninterrupted one. Whether one is complete is read in `evalsuite.training.verification`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import TrainerCallback

from evalsuite.disk.files import sha256_of_file, write_atomically
from evalsuite.records.codec import to_json
from evalsuite.records.verdict import Statement
from evalsuite.training.verification import MARKER, STATE, checkpoint_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalsuite.training.verification import Checkpoint

__all__ = ["CheckpointSeal", "drop_checkpoints", "mid_buffer_notice", "seal_checkpoint"]


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
            seal_checkpoint(Path(args.output_dir) / f"checkpoint-{state.global_step}")


def mid_buffer_notice(config: Any) -> Statement | None:
    """Say that checkpoints fall between two generations, whose answers no checkpoint holds.

    ``config`` is a ``GRPOConfig``. None where a resumed run will equal an uninterrupted one.
    """
    if str(getattr(config.save_strategy, "value", config.save_strategy)) != "steps":
        return None
    used_for = config.steps_per_generation * config.num_iterations
    steps = max(1, used_for // config.gradient_accumulation_steps)
    if config.save_steps % steps == 0:
        return None
    return Statement(
        key="training_notice.mid_buffer", values={"steps": steps, "save_steps": config.save_steps}
    )


def drop_checkpoints(checkpoints: Iterable[Checkpoint]) -> None:
    """Remove checkpoints that a resumed run will write again; its owner alone may."""
    for checkpoint in checkpoints:
        # The state first: without it a checkpoint is not complete, whether markers count or not.
        for name in (STATE, MARKER):
            (checkpoint.path / name).unlink(missing_ok=True)
        shutil.rmtree(checkpoint.path)


def seal_checkpoint(folder: Path) -> None:
    """Mark a checkpoint as complete, by the hash of every file."""
    if not folder.is_dir():  # the trainer's own limit may have removed it
        return
    hashes = {str(p.relative_to(folder)): sha256_of_file(p) for p in checkpoint_files(folder)}
    write_atomically(folder / MARKER, to_json({"schema": 1, "sha256": hashes}))
