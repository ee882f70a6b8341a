"""The makings of a training: what was asked, what TRL made of it, what was learned, which versions.

Written once the weights are there: that it exists means complete. Of a training that somebody's own
script ran it holds what the trainer tells.
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
    from collections.abc import Mapping, Sequence

    from evalsuite.records.run import ModelSpec, Question
    from evalsuite.records.training import Contamination, PromptRecord, TrainSpec
    from evalsuite.training.own_rewards.check import RewardCheck

__all__ = [
    "SCRIPT",
    "effective_settings",
    "settings_used",
    "versions",
    "write_manifest",
    "write_script_manifest",
]

SCRIPT = "script"
"""The kind of a training that somebody's own script ran."""

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


def versions(*more: str) -> dict[str, str]:
    """List the versions that decide the bytes of a trained model, of installed packages only.

    ``more`` are packages that only some trainings use.
    """
    numbers = {"python": platform.python_version(), "machine": platform.machine()}
    for package in (*_PACKAGES, *more):
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
    base: ModelSpec,
) -> None:
    """Write what made the weights, once they are there.

    ``contamination`` is None where nobody looked.
    ``n_candidates`` counts the questions before the difficulty filter. ``trainer`` is the
    ``GRPOTrainer`` after training, ``seconds`` wall-clock time. ``stopped`` is the look at held-out
    questions that ended the training early; None where none did. ``base`` is what an adapter is put
    on: the start model, or the folder it was written to.
    """
    log = read_log(output / "train_log.jsonl")
    start = Path(spec.model.location) / "manifest.json"
    manifest = _of_loop(trainer.args, trainer.state, log, seconds=seconds, threads=threads) | {
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
        "stopped": stopped,
        "diagnosis": with_answers(conclude(log), output),
        "weights_sha256": {
            path.name: sha256_of_file(path)
            for path in sorted((output / "model").glob("*.safetensors"))
        },
    }
    if spec.adapter == "lora":
        manifest["adapter_base"] = {"weights": base.weights, "revision": base.revision}
    if spec.packing is not None:
        quantised = trainer.model.config.quantization_config.to_dict()
        manifest["quantization_config"] = _as_json(quantised)
        manifest["versions"] = versions("bitsandbytes")
    write_atomically(output / "manifest.json", to_json(manifest))
    logging.getLogger(__name__).info("trained %s steps in %.0f s", manifest["steps"], seconds)


def write_script_manifest(
    output: Path,
    *,
    args: Any,
    state: Any,
    prompt: PromptRecord | None,
    contamination: Contamination | None,
    reward_sources: Mapping[str, str | None],
    n_rows: int | None,
    start: str | None,
    seconds: float,
    stopped: dict[str, float] | None,
) -> None:
    """Write what is known of a training that somebody's own script ran; the rest is None.

    ``args`` and ``state`` are the trainer's. ``reward_sources`` are its rewards with the sha256 of
    their source, ``n_rows`` counts its data set, ``start`` is the start model's name or path.
    """
    import torch

    log = read_log(output / "train_log.jsonl")
    is_rewarded = any("reward" in row for row in log)
    threads = torch.get_num_threads()
    manifest = _of_loop(args, state, log, seconds=seconds, threads=threads) | {
        "kind": SCRIPT,
        "trainer": type(args).__name__.removesuffix("Config"),
        "prompt": None if prompt is None else prompt.name,
        "prompt_record": prompt,
        "start": start,
        "max_completion_length": getattr(args, "max_completion_length", None),
        "contamination": contamination,
        "questions": {"n": n_rows, "sha256": None},
        "reward_sources": dict(reward_sources),
        "stopped": stopped,
        "diagnosis": with_answers(conclude(log), output) if is_rewarded else (),
        # A script saves its model when it likes, and where.
        "weights_sha256": None,
    }
    write_atomically(output / "manifest.json", to_json(manifest))


def _of_loop(
    args: Any, state: Any, log: Sequence[Mapping[str, Any]], *, seconds: float, threads: int
) -> dict[str, Any]:
    """Tell what every trainer tells of its loop."""
    return {
        "schema": 1,
        "versions": versions(),
        "world_size": args.world_size,
        "device": str(args.device),
        "threads": threads,
        "steps": state.global_step,
        "last_row": log[-1] if log else None,
        "trl": effective_settings(args),
        "seconds": round(seconds, 1),
    }


def settings_used(args: Any) -> dict[str, Any]:
    """List the generation settings that a trainer samples with; empty where it samples nothing."""
    names = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def _prompt_record(spec: TrainSpec, trainer: Any) -> PromptRecord:
    used, prompt = settings_used(trainer.args), training_prompt(spec)
    return prompt_record(spec.model, trainer.processing_class, prompt, used=used)


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
