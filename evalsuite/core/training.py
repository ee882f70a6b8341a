"""Fine-tune a model with TRL's GRPOTrainer and keep what is needed to believe it.

One call, one seed, one folder: the model, ``manifest.json`` (what it was made of),
``train_log.jsonl`` (every logged metric), ``completions/`` (every sampled answer with its
rewards) and ``checkpoint-*`` to resume from. The loop is TRL's.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.core.grpo_options import build_config
from evalsuite.core.log_writer import LogWriter, read_log, rewind_log
from evalsuite.core.manifest import file_sha256, versions
from evalsuite.core.model import load_model
from evalsuite.core.names import resolve
from evalsuite.core.quiet import quiet_libraries
from evalsuite.core.reward_columns import reward_columns
from evalsuite.core.rewards import REWARD_VERSION
from evalsuite.core.threads import thread_count
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.records.codec import plain, to_json
from evalsuite.storage import write_atomically
from evalsuite.tasks.grading import GRADER_VERSIONS
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions, questions_sha256
from evalsuite.tasks.wordproblems import word_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.core.diagnosis import Finding
    from evalsuite.records.run import ModelSpec, Question
    from evalsuite.records.training import TrainSpec

__all__ = ["load_training_questions", "train"]


def train(
    spec: TrainSpec,
    *,
    output: Path,
    resume: bool = False,
    on_log: Callable[[dict[str, Any], tuple[Finding, ...]], None] | None = None,
) -> ModelSpec:
    """Train one model with GRPO.

    Parameters
    ----------
    spec
        What is asked; its seed decides the order of questions and every sampled answer.
    output
        Folder of the run; the model is written to ``output/model``.
    resume
        Go on from the newest checkpoint in ``output``. In float32 on a CPU the result has the
        same bytes as an uninterrupted run; on a GPU it need not.
    on_log
        Called after each logged step with its row and the diagnosis so far.

    Returns
    -------
    ModelSpec
        The trained model.

    Raises
    ------
    InvalidInputError
        For options TRL refuses, too few questions, or an output folder that is in use.
    RunFailedError
        If the model can't be loaded or there is nothing to resume.
    """
    checkpoint = _claim_folder(output, resume=resume)
    questions = load_training_questions(spec)
    with thread_count(spec.threads) as threads:
        started = time.perf_counter()
        trainer = _build_trainer(spec, questions, output, on_log)
        if checkpoint is not None:
            rewind_log(output / "train_log.jsonl", int(checkpoint.name.rpartition("-")[2]))
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        trainer.model.config.use_cache = True  # the trainer turned it off; generation needs it
        trainer.save_model(str(output / "model"))
        (output / "model" / "training_args.bin").unlink(missing_ok=True)  # a pickle
        seconds = time.perf_counter() - started
    if trainer.is_world_process_zero():
        _write_manifest(
            spec,
            questions=questions,
            output=output,
            trainer=trainer,
            seconds=seconds,
            threads=threads,
        )
    return resolve(f"path:{output / 'model'}")


def load_training_questions(spec: TrainSpec) -> tuple[Question, ...]:
    """Load the questions a run trains on, in their order before shuffling.

    Parameters
    ----------
    spec
        Names the task, the local file, and how many.

    Returns
    -------
    tuple of Question

    Raises
    ------
    InvalidInputError
        If the task has fewer questions than asked for.
    """
    if spec.task == "embedded" and spec.data_file is None:
        return word_problems("train", n=spec.n_questions, seed=spec.question_seed)
    data_file = None if spec.data_file is None else Path(spec.data_file)
    questions = load_questions(spec.task, "train", data_file=data_file)
    if spec.n_questions is not None and spec.n_questions > len(questions):
        raise InvalidInputError(
            f"{spec.n_questions} questions were asked for, {spec.task} has {len(questions)}; "
            "ask for fewer."
        )
    return questions[: spec.n_questions]


def _claim_folder(output: Path, *, resume: bool) -> Path | None:
    """Return the checkpoint to go on from; refuse to write over another run."""
    checkpoints = sorted(output.glob("checkpoint-*"), key=lambda p: int(p.name.rpartition("-")[2]))
    complete = [path for path in checkpoints if (path / "trainer_state.json").is_file()]
    if resume and not complete:
        raise RunFailedError(f"{output} holds no checkpoint to resume from; start without --resume")
    if not resume and output.is_dir() and any(output.iterdir()):
        raise InvalidInputError(
            f"{output} is not empty; choose another --output, or add --resume to go on with it"
        )
    output.mkdir(parents=True, exist_ok=True)
    return complete[-1] if resume else None


def _build_trainer(
    spec: TrainSpec,
    questions: tuple[Question, ...],
    output: Path,
    on_log: Callable[[dict[str, Any], tuple[Finding, ...]], None] | None,
) -> Any:
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOTrainer

    quiet_libraries()
    group_size = int(spec.grpo.get("num_generations", 8))
    columns, weights = reward_columns(
        spec.rewards,
        group_size=group_size,
        gate=spec.gate,
        limit=spec.max_new_tokens,
        seed=spec.seed,
    )
    config = build_config(spec, output=output, reward_weights=weights)
    _check_groups(config, spec)
    loaded = load_model(spec.model, device="cpu" if config.use_cpu else "auto")
    loaded.model.generation_config.eos_token_id = list(loaded.eos_ids)
    try:
        trainer = GRPOTrainer(
            model=loaded.model.train(),
            reward_funcs=columns,
            args=config,
            train_dataset=Dataset.from_list(_rows(spec, questions)),
            processing_class=loaded.tokenizer,
            peft_config=_lora(spec),
            callbacks=[LogWriter(output / "train_log.jsonl", on_log)],
        )
    except ValueError as error:
        raise InvalidInputError(f"TRL refuses the options: {error}") from error
    trainer.remove_callback(PrinterCallback)
    return trainer


def _rows(spec: TrainSpec, questions: tuple[Question, ...]) -> list[dict[str, Any]]:
    prompt = load_prompt(spec.prompt)
    return [
        {
            "prompt": messages(prompt, question.text),
            "gold": str(question.gold),
            "gold_steps": list(question.gold_steps),
            "question_id": question.id,
        }
        for question in questions
    ]


def _check_groups(config: Any, spec: TrainSpec) -> None:
    """Refuse gates whose groups are split between processes: each sees its own answers only."""
    if spec.gate == "none" or config.world_size == 1:
        return
    if config.per_device_train_batch_size % config.num_generations:
        raise InvalidInputError(
            f"gate {spec.gate!r} needs whole groups on each of {config.world_size} processes: "
            f"make per_device_train_batch_size a multiple of {config.num_generations}."
        )


def _lora(spec: TrainSpec) -> Any:
    if spec.adapter == "full":
        return None
    from peft import LoraConfig

    options = {"r": 16, "lora_alpha": 32, "task_type": "CAUSAL_LM", **spec.lora}
    try:
        return LoraConfig(**options)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"peft refuses the LoRA options: {error}") from error


def _write_manifest(
    spec: TrainSpec,
    *,
    questions: tuple[Question, ...],
    output: Path,
    trainer: Any,
    seconds: float,
    threads: int,
) -> None:
    log = read_log(output / "train_log.jsonl")
    manifest = {
        "schema": 1,
        "kind": "grpo",
        "spec": plain(spec),
        "max_completion_length": spec.max_new_tokens,
        "questions": {"n": len(questions), "sha256": questions_sha256(questions)},
        "reward_version": REWARD_VERSION,
        "grader_versions": GRADER_VERSIONS,
        "versions": versions(),
        "world_size": trainer.args.world_size,
        "device": str(trainer.args.device),
        "threads": threads,
        "steps": trainer.state.global_step,
        "last_row": log[-1] if log else None,
        "seconds": round(seconds, 1),
        "weights_sha256": {
            path.name: file_sha256(path)
            for path in sorted((output / "model").glob("*.safetensors"))
        },
    }
    write_atomically(output / "manifest.json", to_json(manifest))
    logging.getLogger(__name__).info("trained %s steps in %.0f s", manifest["steps"], seconds)
