"""The log of a training: where it is, what it holds, and how much of it a resumed run keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from evalsuite.disk.files import object_or_empty, write_atomically
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, from_plain
from evalsuite.records.training import (
    Contamination,
    Packing,
    PromptRecord,
    TestQuestion,
    TrainingLog,
)
from evalsuite.tasks.contamination import contamination_of
from evalsuite.training.diagnosis import conclude
from evalsuite.training.failures.answers import with_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.run import ModelSpec, Question

__all__ = [
    "CONTAMINATION",
    "find_training_log",
    "packing_below",
    "read_log",
    "read_training_log",
    "rewind_log",
    "row_of",
]

CONTAMINATION = "contamination.jsonl"
"""Beside the manifest: every test question, as it was held against those trained on."""
_SHOWN = frozenset({"reward", "loss", "heldout/accuracy"})
"""A row of a log has one of these: a step's, or that of a look at held-out questions."""
T = TypeVar("T")
_MOST_STEPS = 20_000
"""The log may be anybody's: a report stays readable whatever is in it."""
_LARGEST = 1e100
"""Beyond it a number is no metric, and sums and squares of such overflow."""


def find_training_log(
    model: ModelSpec, given: Path | None = None, *, asked: Sequence[Question] = ()
) -> TrainingLog | None:
    """Find the log of the training run that made a resolved model.

    It is sought in the model's folder and, for a model folder, in the one above; ``given``, a log
    file or a folder that holds one, is read instead. None where nothing was given and nothing lies
    beside the model. Contamination is that of the questions ``asked``, where all of them were held
    against the training. Raises InvalidInputError where ``given`` holds no log.
    """
    if given is not None:
        return read_training_log(given, asked=asked)
    if model.source not in ("embedded", "folder", "adapter", "run"):
        return None
    own = Path(model.location)
    # Trainers write the model below the folder of its run; what lies above an embedded model or a
    # stored run belongs to others.
    for folder in (own,) if model.source in ("embedded", "run") else (own, own.parent):
        if (folder / "train_log.jsonl").is_file():
            return read_training_log(folder, asked=asked)
    return None


def read_training_log(path: Path, *, asked: Sequence[Question] = ()) -> TrainingLog:
    """Read ``train_log.jsonl``, or the ``trainer_state.json`` that TRL leaves behind.

    ``path`` is the file or its folder. Numeric metrics only, one entry a logged step. Raises
    InvalidInputError where there is no such file, or it can't be read.
    """
    file = _log_file(path)
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".jsonl":
            rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        else:
            rows = json.loads(text).get("log_history") or []
            if not isinstance(rows, list):
                raise ValueError("its log_history is no list")  # noqa: TRY301  one door for all
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInputError(
            "can't read the training log {file}: {error}", file=file, error=error
        ) from error
    steps = tuple(_numbers(row) for row in rows[:_MOST_STEPS] if isinstance(row, dict))
    manifest = object_or_empty(file.parent / "manifest.json")
    rewarded = [step for step in steps if "reward" in step or "reward_std" in step]
    findings = conclude(steps) if rewarded else ()
    prompt = _record(PromptRecord, manifest, "prompt_record", file.parent)
    return TrainingLog(
        source=file.name,
        max_completion_length=_budget(manifest),
        prompt=prompt and replace(prompt, template=None),  # its hash is enough of it
        contamination=_contamination(manifest, file.parent, asked),
        packing=_packing(manifest, file.parent),
        findings=with_answers(findings, file.parent),
        steps=tuple(step for step in steps if _SHOWN.intersection(step)),
    )


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read ``train_log.jsonl``, one row a logged step; a torn last line is left out.

    Empty where there is no file.
    """
    if not path.is_file():
        return []
    rows = map(row_of, path.read_text(encoding="utf-8").splitlines())
    return list(takewhile(bool, rows))


def row_of(line: str | bytes) -> dict[str, Any]:
    """Read one line of ``train_log.jsonl``; empty where it is torn or no row."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) and "step" in row else {}


def rewind_log(path: Path, step: int) -> None:
    """Drop the rows after the step of a checkpoint, which a resumed run will write again.

    The file may be missing.
    """
    rows = [row for row in read_log(path) if row["step"] <= step]
    # Whole or not at all: a kill in between must not cost the steps that stay.
    write_atomically(path, "".join(json.dumps(row) + "\n" for row in rows))


def _log_file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in ("train_log.jsonl", "trainer_state.json", "checkpoint-*/trainer_state.json"):
        # By length first: checkpoint-1000 is newer than checkpoint-900.
        files = sorted(path.glob(name), key=lambda p: (len(str(p)), str(p)))
        if files:
            return files[-1]
    raise InvalidInputError(
        "{path} holds neither train_log.jsonl nor trainer_state.json; check --train-log", path=path
    )


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in row.items()
        # Compared, not converted: an integer of 400 digits is none that a float can hold.
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST
    }


def _budget(manifest: dict[str, Any]) -> int | None:
    # At any depth: it stands at the top of a manifest of ours, deeper in those of others.
    budget = _search(manifest, "max_completion_length")
    is_number = isinstance(budget, (int, float)) and 0 < budget < _LARGEST
    return int(budget) if is_number else None


def _record(kind: type[T], manifest: dict[str, Any], key: str, folder: Path) -> T | None:
    written = manifest.get(key)
    if not isinstance(written, dict):
        return None
    try:
        return from_plain(kind, written, origin=f"{key} of {folder / 'manifest.json'}")
    except InvalidInputError:
        # Another tool's manifest may have this key: what it means there is not known.
        return None


def packing_below(adapter: Path) -> Packing | None:
    """Tell how the weights were packed that an adapter was trained on; None where they were whole.

    ``adapter`` is its folder, in or below the one of a training of ours. What others trained is not
    known, and None.
    """
    for folder in (adapter, adapter.parent):
        if (folder / "manifest.json").is_file():
            return _packing(object_or_empty(folder / "manifest.json"), folder)
    return None


def _packing(manifest: dict[str, Any], folder: Path) -> Packing | None:
    spec = manifest.get("spec")
    return _record(Packing, spec, "packing", folder) if isinstance(spec, dict) else None


def _contamination(
    manifest: dict[str, Any], folder: Path, asked: Sequence[Question]
) -> Contamination | None:
    """Read what was found among the questions asked; of earlier versions, among all alone."""
    found = _record(Contamination, manifest, "contamination", folder)
    file = folder / CONTAMINATION
    if found is None or not asked or not file.is_file():
        return found
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        every = [from_json(TestQuestion, line, origin=str(file)) for line in lines]
    except (OSError, UnicodeDecodeError, InvalidInputError):
        return found
    return contamination_of(found, every, asked)


def _search(value: Any, key: str) -> Any:
    if not isinstance(value, dict):
        return None
    if key in value:
        return value[key]
    return next((f for f in (_search(v, key) for v in value.values()) if f is not None), None)
