"""Verification of a training's folder: which checkpoints are complete, whether the model is sealed.

A checkpoint is complete or not there, by its marker, and the newest complete one counts. Nothing is
changed, nothing is loaded, and no model library is needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zipfile import is_zipfile

from evalsuite.disk.files import has_sha256, object_or_empty, sha256_of_file
from evalsuite.disk.verification import Verified, leftovers, note, problem
from evalsuite.errors import Clause
from evalsuite.records.dataclass import dataclass
from evalsuite.training.log import row_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evalsuite.disk.verification import Finding

__all__ = [
    "MARKER",
    "STATE",
    "Checkpoint",
    "VerifiedTraining",
    "checkpoint_files",
    "find_checkpoints",
    "find_trainings",
    "is_sealed",
    "verify_training",
]

MARKER = "complete.json"
STATE = "trainer_state.json"


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
        """Return whether nothing is left to train after it."""
        return self.last_step is not None and self.step >= self.last_step


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedTraining(Verified):
    """A training's folder."""

    steps: int | None
    """Made for good: of the sealed model, or of the newest complete checkpoint; None for none."""

    @property
    def amount(self) -> Clause | None:
        """Steps made."""
        return None if self.steps is None else Clause("{n:,} steps", n=self.steps)


def find_trainings(root: Path) -> tuple[Path, ...]:
    """List the folders of trainings below ``runs/``, those of several seeds among them, by name."""
    found = [*root.glob("*/train_spec.json"), *root.glob("*/*/train_spec.json")]
    return tuple(sorted(path.parent for path in found))


def verify_training(folder: Path) -> VerifiedTraining:
    """Read what a training's folder holds, and say what is not as it should be."""
    manifest, checkpoints = object_or_empty(folder / "manifest.json"), find_checkpoints(folder)
    complete = [checkpoint for checkpoint in checkpoints if checkpoint.is_complete]
    newest = complete[-1] if complete else None
    findings = [
        *_of_spec(folder),
        *_of_model(folder, newest),
        *_of_checkpoints(checkpoints, newest),
        *_of_log(folder / "train_log.jsonl"),
        *leftovers(folder),
    ]
    is_done = (folder / "manifest.json").is_file() and is_sealed(folder)
    steps = manifest.get("steps") if is_done else newest and newest.step
    return VerifiedTraining(
        folder=str(folder),
        state="unreadable" if any(_of_spec(folder)) else "complete" if is_done else "unfinished",
        steps=steps if isinstance(steps, int) else None,
        findings=tuple(findings),
    )


def is_sealed(folder: Path) -> bool:
    """Return whether the model is there with the weights its manifest names."""
    hashes = object_or_empty(folder / "manifest.json").get("weights_sha256")
    if not isinstance(hashes, dict) or not hashes:
        return False
    return all(has_sha256(folder / "model" / name, hash_) for name, hash_ in hashes.items())


def _of_spec(folder: Path) -> Iterator[Finding]:
    path = folder / "train_spec.json"
    if not object_or_empty(path):
        yield problem(
            "{name} can't be read, so nobody knows how this training was started; restore it",
            name=path.name,
        )


def _of_model(folder: Path, newest: Checkpoint | None) -> Iterator[Finding]:
    if (folder / "manifest.json").is_file() and not is_sealed(folder):
        way = Clause("restore it, or train --resume trains it again from the start")
        if newest is not None:
            name = newest.path.name
            way = Clause("restore it, or train --resume goes on from {name}", name=name)
        yield problem(
            "the weights in model/ are not those that manifest.json names; {way}", way=way
        )


def _of_checkpoints(
    checkpoints: tuple[Checkpoint, ...], newest: Checkpoint | None
) -> Iterator[Finding]:
    for checkpoint in checkpoints:
        if not checkpoint.is_complete:
            is_older = newest is not None and checkpoint.step < newest.step
            way = Clause("a newer one counts" if is_older else "train --resume makes it again")
            yield note(
                "{name} is damaged or was cut off while being written; {way}",
                name=checkpoint.path.name,
                way=way,
            )


def _of_log(path: Path) -> Iterator[Finding]:
    if not path.is_file():
        return
    lines = path.read_bytes().split(b"\n")
    if lines.pop():
        yield note("{name} ends in half a line, which train --resume cuts off", name=path.name)
    for number, line in enumerate(lines, start=1):
        if not row_of(line):
            yield problem(
                "{name} line {number} is damaged, and nothing after it is read; restore it",
                name=path.name,
                number=number,
            )
            return


def find_checkpoints(output: Path) -> tuple[Checkpoint, ...]:
    """List the checkpoints of a run, oldest first; the folder may be missing."""
    folders = [p for p in output.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", p.name)]
    # Checkpoints from before there were markers are judged by themselves; beside a marked one, an
    # unmarked one was cut off while being written.
    has_markers = any((folder / MARKER).is_file() for folder in folders)
    checkpoints = (_checkpoint(folder, has_markers=has_markers) for folder in folders)
    return tuple(sorted(checkpoints, key=lambda checkpoint: checkpoint.step))


def _checkpoint(folder: Path, *, has_markers: bool) -> Checkpoint:
    step = int(folder.name.rpartition("-")[2])
    state = object_or_empty(folder / STATE)
    is_whole = _matches_marker(folder) if has_markers else _looks_whole(folder)
    last_step = state.get("max_steps")
    return Checkpoint(
        path=folder,
        step=step,
        last_step=last_step if isinstance(last_step, int) else None,
        is_complete=is_whole and state.get("global_step") == step,
    )


def _matches_marker(folder: Path) -> bool:
    hashes = object_or_empty(folder / MARKER).get("sha256")
    if not isinstance(hashes, dict) or not hashes:
        return False
    try:
        return all(sha256_of_file(folder / name) == hash_ for name, hash_ in hashes.items())
    except OSError:
        return False


def _looks_whole(folder: Path) -> bool:
    files = checkpoint_files(folder)
    pickles = [path for path in files if path.suffix in (".pt", ".pth")]
    return all(path.stat().st_size for path in files) and all(map(is_zipfile, pickles))


def checkpoint_files(folder: Path) -> list[Path]:
    """List what a marker covers."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MARKER)
