"""The makings of a training: what was asked, what TRL made of it, what was learned, which versions.

Written once the weights are there: that it exists means complete.
"""

from __future__ import annotations

import json
import logging
import platform
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import sha256_of_file, write_atomically
from evalsuite.models.prompt import prompt_record
from evalsuite.records.codec import plain, to_json
from evalsuite.tasks.grading import own_task
from evalsuite.tasks.questions import questions_sha256
from evalsuite.training.diagnosis import conclude
from evalsuite.training.failures.answers import with_answers
from evalsuite.training.log import read_log
from evalsuite.training.rewards import REWARD_VERSION
from evalsuite.training.start_model import training_prompt

if TYPE_CHECKING:
    from evalsuite.records.run import Question
    from evalsuite.records.training import Contamination, PromptRecord, TrainSpec
    from evalsuite.training.own_rewards.check import RewardCheck

__all__ = ["effective_settings", "versions", "write_manifest"]

_PACKAGES = (
    "evalsuite",
    "numpy",
    "peft",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
)
_OF_THE_PLACE = ("output_dir", "run_name", "hub_token", "hub_model_id", "push_to_hub_token")
"""Settings that say where a training ran, or that nobody else may read."""


def versions() -> dict[str, str]:
    """List the versions that decide the bytes of a trained model, of installed packages only."""
    numbers = {"python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            continue
    return numbers


def effective_settings(config: Any) -> dict[str, Any]:
    """List every setting that TRL trained with, its defaults included, as JSON values.

    ``config`` is a ``GRPOConfig`` or one of its kin.
    """
    settings = {k: v for k, v in config.to_dict().items() if k not in _OF_THE_PLACE}
    return {key: _as_json(value) for key, value in settings.items()}


def write_manifest(
    spec: TrainSpec,
    *,
    questions: tuple[Question, ...],
    n_candidates: int,
    contamination: Contamination | None,
    output: Path,
    trainer: Any,
    seconds: float,
    threads: int,
    stopped: dict[str, float] | None,
    reward_check: RewardCheck | None,
) -> None:
    """Write what made the weights, once they are there.

    ``contamination`` is None where nobody looked.
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
        "prompt_record": _prompt_record(spec, trainer),
        "spec": plain(spec),
        "start": json.loads(start.read_text(encoding="utf-8")) if start.is_file() else None,
        "max_completion_length": spec.max_new_tokens,
        "candidates": n_candidates,
        "contamination": contamination,
        "questions": {"n": len(questions), "sha256": questions_sha256(questions)},
        "reward_version": REWARD_VERSION,
        "reward_check": reward_check,
        "grader_versions": own_task(spec.task).graders,
        "versions": versions(),
        "world_size": trainer.args.world_size,
        "device": str(trainer.args.device),
        "threads": threads,
        "steps": trainer.state.global_step,
        "stopped": stopped,
        "last_row": log[-1] if log else None,
        "diagnosis": with_answers(conclude(log), output),
        "trl": effective_settings(trainer.args),
        "seconds": round(seconds, 1),
        "weights_sha256": {
            path.name: sha256_of_file(path)
            for path in sorted((output / "model").glob("*.safetensors"))
        },
    }
    write_atomically(output / "manifest.json", to_json(manifest))
    logging.getLogger(__name__).info("trained %s steps in %.0f s", manifest["steps"], seconds)


def _prompt_record(spec: TrainSpec, trainer: Any) -> PromptRecord:
    names = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")
    used = {name: getattr(trainer.args, name) for name in names}
    return prompt_record(spec.model, trainer.processing_class, training_prompt(spec), used=used)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    return str(value)
