"""The folder of a training run: claimed once, resumed with the same settings, sealed at the end."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.files import sha256_of_file
from evalsuite.records.codec import plain, to_json
from evalsuite.storage import write_atomically
from evalsuite.tasks.grading import numeric_task
from evalsuite.tasks.questions import questions_sha256
from evalsuite.training.log_writer import read_log, rewind_log
from evalsuite.training.manifest import versions
from evalsuite.training.rewards import REWARD_VERSION

if TYPE_CHECKING:
    from evalsuite.records.run import Question
    from evalsuite.records.training import TrainSpec

__all__ = ["claim_folder", "newest_checkpoint", "write_manifest"]


def newest_checkpoint(output: Path) -> Path:
    """Find the checkpoint of a run to go on from; raises RunFailedError where there is none."""
    # The state is written last: a checkpoint without it was cut off while being written.
    complete = [p for p in output.glob("checkpoint-*") if (p / "trainer_state.json").is_file()]
    if not complete:
        raise RunFailedError(f"{output} holds no checkpoint to resume from; start without --resume")
    return max(complete, key=_step)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def claim_folder(spec: TrainSpec, output: Path, checkpoint: Path | None) -> None:
    """Make the folder and its log ready; refuse to write over or mix with another run.

    The spec is written to ``train_spec.json`` for a later resume. ``checkpoint`` is the one to go
    on from; None for a new run. To be called by one process only.

    Raises InvalidInputError where the folder is in use or was started with other settings,
    RunFailedError where nobody knows how it was started.
    """
    if checkpoint is not None:
        _check_same(spec, output / "train_spec.json")
        rewind_log(output / "train_log.jsonl", _step(checkpoint))
    # A warm-up lies below the folder of the training that it is for.
    elif output.is_dir() and any(path.name != "warmed" for path in output.iterdir()):
        raise InvalidInputError(
            f"{output} is not empty; choose another --output, or add --resume to go on with it"
        )
    output.mkdir(parents=True, exist_ok=True)
    write_atomically(output / "train_spec.json", to_json(spec))


def _check_same(spec: TrainSpec, path: Path) -> None:
    """Refuse to go on with other settings than the run was started with."""
    if not path.is_file():
        raise RunFailedError(f"{path} is missing, so nobody knows how this run was started")
    started = json.loads(path.read_text(encoding="utf-8"))
    settings = plain(spec)
    differing = [key for key in settings if settings[key] != started.get(key) and key != "model"]
    # Of the model its weights alone count: the same ones may lie elsewhere or have another alias.
    if settings["model"]["weights"] != started["model"]["weights"]:
        differing.append("model")
    if differing:
        raise InvalidInputError(
            f"this run was started with other settings ({', '.join(differing)}); repeat them to "
            "resume, or choose another --output"
        )


def write_manifest(
    spec: TrainSpec,
    *,
    questions: tuple[Question, ...],
    n_candidates: int,
    output: Path,
    trainer: Any,
    seconds: float,
    threads: int,
    stopped: dict[str, float] | None,
) -> None:
    """Write what made the weights, once they are there: its existence means complete.

    ``n_candidates`` counts the questions before the difficulty filter. ``trainer`` is the
    ``GRPOTrainer`` after training, ``seconds`` wall-clock time. ``stopped`` is the look at held-out
    questions that ended the training early; None where none did.
    """
    log = read_log(output / "train_log.jsonl")
    start = Path(spec.model.location) / "manifest.json"
    manifest = {
        "schema": 1,
        "kind": "grpo",
        "task": spec.task,
        "prompt": spec.prompt,
        "spec": plain(spec),
        "start": json.loads(start.read_text(encoding="utf-8")) if start.is_file() else None,
        "max_completion_length": spec.max_new_tokens,
        "candidates": n_candidates,
        "questions": {"n": len(questions), "sha256": questions_sha256(questions)},
        "reward_version": REWARD_VERSION,
        "grader_versions": numeric_task(spec.task).graders,
        "versions": versions(),
        "world_size": trainer.args.world_size,
        "device": str(trainer.args.device),
        "threads": threads,
        "steps": trainer.state.global_step,
        "stopped": stopped,
        "last_row": log[-1] if log else None,
        "seconds": round(seconds, 1),
        "weights_sha256": {
            path.name: sha256_of_file(path)
            for path in sorted((output / "model").glob("*.safetensors"))
        },
    }
    write_atomically(output / "manifest.json", to_json(manifest))
    logging.getLogger(__name__).info("trained %s steps in %.0f s", manifest["steps"], seconds)
