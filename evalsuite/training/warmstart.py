"""Warm a model up before GRPO, on worked solutions or on its own right answers.

A base that hardly ever writes a right boxed answer gives GRPO nothing to prefer. The warmed model
is a model of its own, with its own folder and manifest: whatever GRPO adds is measured against
it, and what both add together against the base.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.threads import at_most, thread_count
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.codec import plain, to_json
from evalsuite.storage import write_atomically
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.solutions import worked_solution
from evalsuite.training.difficulty import sample_answers
from evalsuite.training.grpo import load_training_questions
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.manifest import file_sha256, versions
from evalsuite.training.rewards import REWARD_VERSION, correct, gold_of
from evalsuite.training.warmup import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import ModelSpec, Question
    from evalsuite.records.training import TrainSpec, WarmStart
    from evalsuite.training.diagnosis import Finding

__all__ = ["warm_start"]


def warm_start(
    spec: TrainSpec,
    plan: WarmStart,
    *,
    output: Path,
    on_log: Callable[[dict[str, Any], tuple[Finding, ...]], None] | None = None,
) -> ModelSpec:
    """Fine-tune the start model of a training on solutions, and save it as a model of its own.

    Parameters
    ----------
    spec
        The training that follows: its model, task, prompt, seed and threads count here, too.
    plan
        Which solutions, and how many steps.
    output
        Folder of the warmed model. One that was finished with the same settings is used again;
        an interrupted one is made anew.
    on_log
        Called after each logged step.

    Returns
    -------
    ModelSpec
        The warmed model.

    Raises
    ------
    InvalidInputError
        If the questions have no worked solutions, or the folder holds another warm-up.
    RunFailedError
        If the model writes too few right answers to learn from.
    """
    asked = {"base": plain(spec.model) | {"location": None}, "spec": plain(plan)} | {
        key: plain(spec)[key] for key in ("task", "prompt", "seed", "question_seed", "threads")
    }
    if _is_finished(output / "manifest.json", asked):
        return resolve(f"path:{output}")
    started = time.perf_counter()
    output.mkdir(parents=True, exist_ok=True)
    (output / "train_log.jsonl").unlink(missing_ok=True)
    every = load_training_questions(replace(spec, n_questions=None))
    questions = every[: plan.steps * plan.batch_size]
    loaded = load_model(spec.model, device="cpu" if spec.grpo.get("use_cpu") else "auto")
    with thread_count(at_most(spec.threads)) as threads, TemporaryDirectory() as scratch:
        solutions = _solutions(spec, plan, questions, loaded)
        prompt = load_prompt(spec.prompt)
        warm_up(
            loaded.model.train(),
            loaded.tokenizer,
            [(messages(prompt, question.text), text) for question, text in solutions],
            output=Path(scratch),
            steps=plan.steps,
            learning_rate=plan.learning_rate,
            batch_size=plan.batch_size,
            seed=spec.seed,
            callbacks=[LogWriter(output / "train_log.jsonl", on_log)],
        )
        _save(loaded, output)
    manifest = asked | {
        "schema": 1,
        "kind": "warmup",
        "questions": {"n": len(questions), "sha256": questions_sha256(questions)},
        "solutions": len(solutions),
        "reward_version": REWARD_VERSION,
        "versions": versions(),
        "device": loaded.device,
        "threads": threads,
        "steps": plan.steps,
        "seconds": round(time.perf_counter() - started, 1),
        "weights_sha256": {"model.safetensors": file_sha256(output / "model.safetensors")},
    }
    write_atomically(output / "manifest.json", to_json(manifest))
    return resolve(f"path:{output}")


def _is_finished(manifest: Path, asked: dict[str, Any]) -> bool:
    """Tell whether this very warm-up was done before; refuse to write over another one."""
    if not manifest.is_file():
        return False
    found = json.loads(manifest.read_text(encoding="utf-8"))
    differing = [
        key for key, value in json.loads(to_json(asked)).items() if found.get(key) != value
    ]
    if differing:
        raise InvalidInputError(
            f"{manifest.parent} holds a warm-up with other settings ({', '.join(differing)}); "
            "choose another --output"
        )
    return True


def _solutions(
    spec: TrainSpec, plan: WarmStart, questions: tuple[Question, ...], loaded: LoadedModel
) -> list[tuple[Question, str]]:
    if plan.solutions == "gold":
        return [(question, worked_solution(question)) for question in questions]
    answers = sample_answers(
        questions,
        SlotEngine(loaded),
        prompt=spec.prompt,
        max_new_tokens=spec.max_new_tokens,
        samples=plan.samples,
        seed=spec.seed,
    )
    right = {
        (q.id, text.strip()): q
        for q, answer in answers
        if correct(text := answer.text or "", gold_of(q))
    }
    if len(right) < plan.batch_size:
        raise RunFailedError(
            f"{spec.model.name} wrote {len(right)} different right answers in "
            f"{len(questions) * plan.samples:,} tries, fewer than one batch of {plan.batch_size}; "
            "warm up on worked solutions with --warmup gold, or choose easier questions"
        )
    return [(right[key], key[1]) for key in sorted(right)]  # engines answer in any order


def _save(loaded: LoadedModel, folder: Path) -> None:
    model = loaded.model
    model.config.use_cache = True  # the trainer turned it off; generation needs it
    model.generation_config.eos_token_id = list(loaded.eos_ids)
    model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
