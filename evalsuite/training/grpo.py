"""GRPO training with TRL, and what is kept of it so that it can be believed.

One call, one seed, one folder: the model, ``manifest.json`` (what it was made of),
``train_log.jsonl`` (every logged metric), ``completions/`` (every sampled answer with its
rewards) and ``checkpoint-*`` to resume from. The loop is TRL's.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.threads import at_most, thread_count
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.models.quiet import quiet_libraries, quiet_warnings
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.difficulty import keep_informative, pass_rates
from evalsuite.training.folder import claim_folder, newest_checkpoint, write_manifest
from evalsuite.training.heldout import HeldOutWatch, hold_out
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.options import build_config
from evalsuite.training.processes import check_processes
from evalsuite.training.reward_columns import reward_columns
from evalsuite.training.rewards import gold_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import ModelSpec, Question
    from evalsuite.records.training import TrainSpec
    from evalsuite.training.diagnosis import Finding
    from evalsuite.training.reward_columns import RewardColumn

__all__ = ["load_training_questions", "train"]


def train(
    spec: TrainSpec,
    *,
    output: Path,
    resume: bool = False,
    on_log: Callable[[dict[str, Any], tuple[Finding, ...]], None] | None = None,
) -> ModelSpec:
    """Train one model with GRPO, and write it to ``output/model``.

    The seed of the spec decides the order of questions and every sampled answer. ``resume`` goes
    on from the newest checkpoint in ``output``: in float32 on a CPU the result has the same bytes
    as an uninterrupted run; on a GPU it need not. ``on_log`` is called after each logged step with
    its row and the diagnosis so far.

    Raises InvalidInputError for options TRL refuses, too few questions, or an output folder that is
    in use; RunFailedError where the model can't be loaded or there is nothing to resume.
    """
    checkpoint = newest_checkpoint(output) if resume else None
    columns, weights = reward_columns(
        spec.rewards,
        group_size=int(spec.grpo.get("num_generations", 8)),
        gate=spec.gate,
        limit=spec.max_new_tokens,
        seed=spec.seed,
    )
    config = build_config(spec, output=output, reward_weights=weights)
    check_processes(spec, config)
    # Everything that can be refused is refused before weights are loaded or the folder is claimed.
    candidates, held_out = _split(spec)
    started = time.perf_counter()
    loaded = load_model(spec.model, device="cpu" if config.use_cpu else "auto")
    with thread_count(at_most(spec.threads)) as threads, quiet_warnings():
        # The filter and the first look at held-out questions come before the trainer, which changes
        # the model: both are about the model training starts from.
        questions = _informative(spec, candidates, loaded)
        if config.process_index == 0:
            claim_folder(spec, output, checkpoint)
        log = LogWriter(output / "train_log.jsonl", on_log)
        watch = HeldOutWatch(spec, held_out, loaded, log) if spec.heldout else None
        trainer = _build_trainer(
            spec,
            questions,
            columns=columns,
            config=config,
            loaded=loaded,
            callbacks=[log] if watch is None else [log, watch],
        )
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        _save(trainer, output / "model")
        seconds = time.perf_counter() - started
    if trainer.is_world_process_zero():
        write_manifest(
            spec,
            questions=questions,
            n_candidates=len(candidates),
            output=output,
            trainer=trainer,
            seconds=seconds,
            threads=threads,
            stopped=None if watch is None else watch.stopped,
        )
    trainer.accelerator.wait_for_everyone()
    return resolve(f"path:{output / 'model'}")


def load_training_questions(spec: TrainSpec) -> tuple[Question, ...]:
    """Load the questions a run trains on, in their order before shuffling.

    Raises InvalidInputError where the task has fewer questions than the spec wants.
    """
    return _split(spec)[0]


def _split(spec: TrainSpec) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """Load the questions trained on, and those held out."""
    every = _whole_split(spec)
    if spec.heldout is not None:
        return hold_out(every, n_questions=spec.n_questions, watch=spec.heldout)
    if spec.n_questions is not None and spec.n_questions > len(every):
        raise InvalidInputError(
            f"{spec.n_questions} questions were asked for, {spec.task} has {len(every)}; "
            "ask for fewer."
        )
    return every[: spec.n_questions], ()


def _whole_split(spec: TrainSpec) -> tuple[Question, ...]:
    if spec.task == "embedded" and spec.data_file is None:
        n, n_held_out = spec.n_questions, spec.heldout.questions if spec.heldout else 0
        total = None if n is None else n + n_held_out
        return word_problems("train", n=total, seed=spec.question_seed)
    data_file = None if spec.data_file is None else Path(spec.data_file)
    return load_questions(spec.task, "train", data_file=data_file)


def _informative(
    spec: TrainSpec, candidates: tuple[Question, ...], loaded: LoadedModel
) -> tuple[Question, ...]:
    if spec.difficulty is None:
        return candidates
    low, high = spec.difficulty
    rates = pass_rates(
        candidates,
        SlotEngine(loaded),
        prompt=spec.prompt,
        max_new_tokens=spec.max_new_tokens,
        seed=spec.seed,
    )
    return keep_informative(candidates, rates, low=low, high=high)


def _build_trainer(
    spec: TrainSpec,
    questions: tuple[Question, ...],
    *,
    columns: list[RewardColumn],
    config: Any,
    loaded: LoadedModel,
    callbacks: list[Any],
) -> Any:
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOTrainer

    quiet_libraries()
    # TRL samples with transformers' generate, which must end answers where our engines end them.
    loaded.model.generation_config.eos_token_id = list(loaded.eos_ids)
    try:
        trainer = GRPOTrainer(
            model=loaded.model.train(),
            reward_funcs=columns,
            args=config,
            train_dataset=Dataset.from_list(_rows(spec, questions)),
            processing_class=loaded.tokenizer,
            peft_config=_lora(spec),
            callbacks=callbacks,
        )
    except ValueError as error:
        raise InvalidInputError(f"TRL refuses the options: {error}") from error
    trainer.remove_callback(PrinterCallback)
    return trainer


def _save(trainer: Any, folder: Path) -> None:
    # The trainer turned the cache off; generation needs it.
    trainer.model.config.use_cache = True
    trainer.save_model(str(folder))
    # A pickle: nobody should be led to load it.
    (folder / "training_args.bin").unlink(missing_ok=True)


def _rows(spec: TrainSpec, questions: tuple[Question, ...]) -> list[dict[str, Any]]:
    prompt = load_prompt(spec.prompt)
    return [
        {
            "prompt": messages(prompt, question.text),
            "gold": str(gold_of(question)),
            "gold_steps": list(question.gold_steps),
            "question_id": question.id,
        }
        for question in questions
    ]


def _lora(spec: TrainSpec) -> Any:
    if spec.adapter == "full":
        return None
    from peft import LoraConfig

    options = {"r": 16, "lora_alpha": 32, "task_type": "CAUSAL_LM", **spec.lora}
    # The base as it was: its name alone leads to whatever the Hub has there by then.
    options.setdefault("revision", spec.model.revision)
    try:
        return LoraConfig(**options)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"peft refuses the LoRA options: {error}") from error
