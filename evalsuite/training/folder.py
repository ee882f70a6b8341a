"""The folder of a training run: claimed once, resumed with the same settings, left alone when done.

It does not know how a model is trained.
"""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import write_atomically
from evalsuite.disk.journal import hold
from evalsuite.errors import Clause, InvalidInputError, RunFailedError
from evalsuite.records.codec import plain, to_json
from evalsuite.records.dataclass import dataclass
from evalsuite.records.training import TrainSpec
from evalsuite.records.verdict import Statement
from evalsuite.training.checkpoints import drop_checkpoints, seal_checkpoint
from evalsuite.training.log import rewind_log
from evalsuite.training.processes import from_first
from evalsuite.training.recipe import with_defaults
from evalsuite.training.verification import MARKER, Checkpoint, find_checkpoints, is_sealed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["Start", "claim_folder", "find_start", "own_folder", "share_start"]

_MADE_BEFORE = ("warmed",)
"""A warm-up lies below the folder of the training that it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a training begins: at its first step, at a checkpoint, or nowhere, being finished."""

    checkpoint: Checkpoint | None = None
    damaged: tuple[Checkpoint, ...] = ()
    """Checkpoints after it that are not complete."""
    is_again: bool = False
    """The run was started before and left no complete checkpoint."""
    is_finished: bool = False

    def notices(self) -> Iterator[Statement]:
        """State what the user of a resumed run should know; nothing of a new one."""
        if self.is_finished:
            yield Statement(key="training_notice.finished")
            return
        for checkpoint in self.damaged:
            name = checkpoint.path.name
            yield Statement(key="training_notice.damaged", values={"checkpoint": name})
        if self.is_again:
            yield Statement(key="training_notice.again")
        elif self.checkpoint is not None and self.checkpoint.is_last:
            yield Statement(key="training_notice.last")
        elif self.checkpoint is not None:
            step = self.checkpoint.step
            yield Statement(key="training_notice.resumed", values={"step": step})


def own_folder(output: Path, *, is_first: bool) -> AbstractContextManager[None]:
    """Hold the folder, which is made, against other owners; of several processes the first does.

    Raises RunFailedError where another process trains in it.
    """
    if not is_first:
        return nullcontext()
    output.mkdir(parents=True, exist_ok=True)
    return hold(output / ".lock", Clause("the training in {output}", output=output))


def find_start(spec: TrainSpec, output: Path, *, resume: bool) -> Start:
    """Find where a training begins, and refuse to write over or mix with another one.

    Nothing is changed. Raises InvalidInputError where the folder is in use or was started with
    other settings, RunFailedError where there is nothing to resume or nobody knows how it began.
    """
    if not resume:
        if output.is_dir() and any(_is_result(path) for path in output.iterdir()):
            raise InvalidInputError(
                "{output} is not empty; choose another --output, or add --resume to go on with it",
                output=output,
            )
        return Start()
    checkpoints = find_checkpoints(output)
    if not checkpoints and not (output / "train_spec.json").is_file():
        raise RunFailedError(
            "{output} holds no checkpoint to resume from; start without --resume", output=output
        )
    _check_same(spec, output / "train_spec.json")
    if is_sealed(output):
        return Start(is_finished=True)
    complete = [checkpoint for checkpoint in checkpoints if checkpoint.is_complete]
    newest = complete[-1] if complete else None
    damaged = tuple(c for c in checkpoints if newest is None or c.step > newest.step)
    return Start(checkpoint=newest, damaged=damaged, is_again=newest is None)


def share_start(start: Start, output: Path, device: Any) -> Start:
    """Give every process the start that the first one has seen, before it changes the folder."""
    checkpoint = start.checkpoint
    mine = None if checkpoint is None else [checkpoint.step, checkpoint.last_step]
    is_finished, shared = from_first([start.is_finished, mine], device)
    if is_finished or shared is None:
        return replace(start, is_finished=is_finished)
    step, last_step = shared
    path = output / f"checkpoint-{step}"
    checkpoint = Checkpoint(path=path, step=step, last_step=last_step, is_complete=True)
    return replace(start, checkpoint=checkpoint)


def claim_folder(spec: TrainSpec, output: Path, start: Start) -> None:
    """Make the folder and its log ready for training from a start; its owner alone may.

    The spec is written to ``train_spec.json`` for a later resume.
    """
    # The manifest first: while it exists, the folder counts as complete.
    (output / "manifest.json").unlink(missing_ok=True)
    drop_checkpoints(start.damaged)
    if start.checkpoint is not None:
        # Cut off before its own marker, and judged by itself: beside a marked one it would be none.
        if not (start.checkpoint.path / MARKER).is_file():
            seal_checkpoint(start.checkpoint.path)
        rewind_log(output / "train_log.jsonl", start.checkpoint.step)
    else:
        (output / "train_log.jsonl").unlink(missing_ok=True)
        shutil.rmtree(output / "completions", ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    write_atomically(output / "train_spec.json", to_json(spec))


def _is_result(path: Path) -> bool:
    return path.name not in _MADE_BEFORE and not path.name.startswith(".")


def _check_same(spec: TrainSpec, path: Path) -> None:
    """Refuse to go on with other settings than the run was started with."""
    if not path.is_file():
        raise RunFailedError(
            "{path} is missing, so nobody knows how this run was started", path=path
        )
    started = with_defaults(_read(path))
    # Through JSON, as the file has them: a tuple comes back as a list.
    settings = json.loads(to_json(plain(spec)))
    differing = [key for key in _in_order(settings, started) if _differs(key, settings, started)]
    if differing:
        raise InvalidInputError(
            "this run was started with other settings ({differences}); repeat them to resume, or "
            "choose another --output",
            differences=", ".join(differing),
        )


def _in_order(settings: dict[str, Any], started: dict[str, Any]) -> list[str]:
    """List the settings of both, as a training has them; what is left out by one may differ too."""
    keys = dict.fromkeys((*(each.name for each in fields(TrainSpec)), *started))
    # The hash goes with the prompt.
    return [key for key in keys if key in settings | started and key != "prompt_sha256"]


def _differs(key: str, settings: dict[str, Any], started: dict[str, Any]) -> bool:
    if key == "model":
        # Its weights alone count: the same ones may lie elsewhere or have another alias.
        model = started.get("model") or {}
        return any(settings["model"][part] != model.get(part) for part in ("weights", "revision"))
    if key == "prompt" and "prompt_sha256" in settings and "prompt_sha256" in started:
        # Its words alone: the same file may lie elsewhere, and another one in its place.
        key = "prompt_sha256"
    return bool(settings.get(key) != started.get(key))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunFailedError(
            "can't read {path} ({error}), so nobody knows how this run was started; choose "
            "another --output",
            path=path,
            error=error,
        ) from error
    return content if isinstance(content, dict) else {}
