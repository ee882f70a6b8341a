"""The warm-up: supervised training before GRPO, on solutions written by others or by the model.

A base that hardly ever writes a right boxed answer gives GRPO nothing to prefer. The warmed model
is a model of its own, with its own folder and manifest: whatever GRPO adds is measured against
it, and what both add together against the base. The loop is that of TRL's SFTTrainer.
"""

from __future__ import annotations

import json
import time
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import read_text, sha256_of_file, write_atomically
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.threads import at_most, thread_count
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.models.prompt import as_sent, check_arguments
from evalsuite.models.quiet import quiet_libraries, quiet_warnings
from evalsuite.records.codec import from_json, plain, to_json
from evalsuite.seeds import stream
from evalsuite.tasks.grading import kind_of
from evalsuite.tasks.prompts import messages
from evalsuite.tasks.questions import questions_sha256, worked_solution
from evalsuite.training.difficulty import sample_answers
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.manifest import versions
from evalsuite.training.options import checkpointing_key
from evalsuite.training.questions.splits import split_questions, warmup_questions
from evalsuite.training.rewards import REWARD_VERSION, correct, gold_of
from evalsuite.training.start_model import training_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import ModelSpec, Question
    from evalsuite.records.training import TrainSpec, Warmup
    from evalsuite.training.diagnosis import OnLog

__all__ = ["fit_solutions", "save_model", "warm_up"]

_RAMP_SHARE, _LONGEST_RAMP = 10, 30
"""The learning rate rises over a tenth of the steps, at most 30: Adam's averages need some steps to
be worth following, and no more however long the training."""
_ADAM_BETA2 = 0.98
"""An average over about 50 steps; the library's 0.999 looks back over 1,000, more than a warm-up
has."""
_CHUNK_BATCHES = 16
"""Prompts are sorted within so many batches: enough to find neighbours of like length, few enough
that the order stays a shuffle."""


def warm_up(
    spec: TrainSpec,
    plan: Warmup,
    *,
    output: Path,
    on_log: OnLog | None = None,
) -> ModelSpec:
    """Fine-tune the start model of a training on solutions, and save it as a model of its own.

    Of the training that follows, its model, task, prompt, seed and threads count here, too, and
    its questions: none that it watches or holds out is among the solutions. A
    folder that was finished with the same settings is used again, whatever the threads (those that
    made it are recorded); an interrupted one is made anew.
    ``on_log`` is called after each logged step.

    Raises InvalidInputError where the questions have no worked solutions or the folder holds
    another warm-up, RunFailedError where the model writes too few right answers to learn from.
    """
    settings = {"base": plain(spec.model) | {"location": None}, "spec": plain(plan)} | {
        key: plain(spec)[key] for key in ("task", "prompt", "seed", "question_seed")
    }
    questions = warmup_questions(spec, plan.steps * plan.batch_size)
    settings["questions"] = {"n": len(questions), "sha256": questions_sha256(questions)}
    prompt = training_prompt(spec)
    if prompt.arguments or prompt.template is not None:
        settings["prompt"] = prompt.name
    if _is_finished(output / "manifest.json", settings):
        return resolve(f"path:{output}")
    started = time.perf_counter()
    device = "cpu" if spec.grpo.get("use_cpu") else "auto"
    loaded = load_model(spec.model, device=device, chat_template=spec.chat_template)
    check_arguments(loaded.tokenizer, prompt.arguments)
    loaded = replace(loaded, template_arguments=prompt.arguments)
    if spec.engine == "hf":  # what the training would refuse only after the warm-up
        from evalsuite.training.sampled import check_served

        splits = split_questions(spec)
        check_served(spec, (*splits.candidates, *splits.evaluated), loaded)
    output.mkdir(parents=True, exist_ok=True)
    (output / "train_log.jsonl").unlink(missing_ok=True)
    with thread_count(at_most(spec.threads)) as threads, TemporaryDirectory() as scratch:
        solutions = _solutions(spec, plan, questions, loaded)
        fit_solutions(
            loaded.model.train(),
            loaded.tokenizer,
            [
                (as_sent(loaded.tokenizer, messages(prompt, q.text), prompt.arguments), text)
                for q, text in solutions
            ],
            output=Path(scratch),
            steps=plan.steps,
            learning_rate=plan.learning_rate,
            batch_size=plan.batch_size,
            seed=spec.seed,
            arguments=prompt.arguments,
            callbacks=[LogWriter(output / "train_log.jsonl", on_log)],
        )
        loaded.model.generation_config.eos_token_id = list(loaded.eos_ids)
        save_model(loaded.model, loaded.tokenizer, output)
    manifest = settings | {
        "schema": 1,
        "kind": "warmup",
        "solutions": len(solutions),
        "reward_version": REWARD_VERSION,
        "versions": versions(),
        "device": loaded.device,
        "threads": threads,
        "steps": plan.steps,
        "seconds": round(time.perf_counter() - started, 1),
        "weights_sha256": {"model.safetensors": sha256_of_file(output / "model.safetensors")},
    }
    # Last: a folder with a manifest is a finished one.
    write_atomically(output / "manifest.json", to_json(manifest))
    return resolve(f"path:{output}")


def _is_finished(path: Path, settings: dict[str, Any]) -> bool:
    """Tell whether this very warm-up was done before; refuse to write over another one."""
    if not path.is_file():
        return False
    manifest = from_json(dict, read_text(path), origin=str(path))
    # Through JSON, as the file has them: a tuple comes back as a list.
    differing = [
        key for key, value in json.loads(to_json(settings)).items() if manifest.get(key) != value
    ]
    if differing:
        raise InvalidInputError(
            "{folder} holds a warm-up with other settings ({differences}); choose another --output",
            folder=path.parent,
            differences=", ".join(differing),
        )
    return True


def _solutions(
    spec: TrainSpec, plan: Warmup, questions: tuple[Question, ...], loaded: LoadedModel
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
    # By question and text: an answer that the model writes eight times is one solution, else easy
    # questions with one way to answer would fill the batches.
    right = {
        (q.id, text.strip()): q
        for q, answer in answers
        if correct(text := answer.text or "", gold_of(q, kind_of(spec.task)))
    }
    if len(right) < plan.batch_size:
        raise RunFailedError(
            "{model} wrote {n_right} different right answers in {n_tries:,} tries, fewer than one "
            "batch of {batch_size}; warm up on worked solutions with --warmup gold, or choose "
            "easier questions",
            model=spec.model.name,
            n_right=len(right),
            n_tries=len(questions) * plan.samples,
            batch_size=plan.batch_size,
        )
    # Sorted, for engines answer in any order.
    return [(right[key], key[1]) for key in sorted(right)]


def fit_solutions(
    model: Any,
    tokenizer: Any,
    demonstrations: Sequence[tuple[list[dict[str, str]], str]],
    *,
    output: Path,
    steps: int,
    learning_rate: float,
    batch_size: int = 32,
    seed: int = 0,
    arguments: Mapping[str, Any] | None = None,
    callbacks: Sequence[Any] = (),
) -> None:
    """Train a model, which is changed, on solutions; the loss counts the solutions only.

    A demonstration is a prompt as chat messages, and the solution that should follow. ``steps`` are
    the optimizer's; the learning rate is that of the peak and falls linearly to zero. ``output``
    takes the trainer's own files, ``callbacks`` are `transformers.TrainerCallback` objects.
    """
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTTrainer

    quiet_libraries()
    # Left out where there are none: a column of empty objects is none that a dataset can hold.
    told = {"chat_template_kwargs": dict(arguments)} if arguments else {}
    rows = [
        {"prompt": messages, "completion": [{"role": "assistant", "content": answer}], **told}
        for messages, answer in _in_batches_of_like_length(demonstrations, batch_size, seed)
    ]
    config = _config(
        output, steps=steps, learning_rate=learning_rate, batch_size=batch_size, seed=seed
    )
    with quiet_warnings():
        trainer = SFTTrainer(
            model=model,
            args=config,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=list(callbacks),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()


def _config(output: Path, *, steps: int, learning_rate: float, batch_size: int, seed: int) -> Any:
    import torch
    from trl import SFTConfig

    return SFTConfig(
        output_dir=str(output),
        use_cpu=not torch.cuda.is_available(),
        bf16=False,
        **{checkpointing_key(field.name for field in fields(SFTConfig)): False},
        per_device_train_batch_size=batch_size,
        max_steps=steps,
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=min(_LONGEST_RAMP, max(1, steps // _RAMP_SHARE)),
        adam_beta2=_ADAM_BETA2,
        max_grad_norm=1.0,
        # The rows are in their order already; the trainer's own shuffle would tear the batches.
        train_sampling_strategy="sequential",
        completion_only_loss=True,
        logging_steps=min(25, max(1, steps // 10)),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
    )


def _in_batches_of_like_length(
    demonstrations: Sequence[tuple[list[dict[str, str]], str]], batch_size: int, seed: int
) -> list[tuple[list[dict[str, str]], str]]:
    """Shuffle, then let each batch hold prompts of like length: less padding, same mixture."""
    rng = stream(seed, "warm-up order")
    order = [int(i) for i in rng.permutation(len(demonstrations))]
    chunk = _CHUNK_BATCHES * batch_size
    batches = []
    for start in range(0, len(order), chunk):
        # By the prompt, not by the whole: that would sort the solutions by style, and the model
        # would swing between styles from batch to batch.
        like = sorted(
            order[start : start + chunk], key=lambda i: len(demonstrations[i][0][-1]["content"])
        )
        batches += [like[k : k + batch_size] for k in range(0, len(like), batch_size)]
    # A short batch in the middle would shift all that follow out of their batches.
    full = [batch for batch in batches if len(batch) == batch_size] or batches
    return [demonstrations[i] for k in rng.permutation(len(full)) for i in full[int(k)]]


def save_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Save a trained model and its tokenizer, ready to generate."""
    # The trainer turned the cache off; generation needs it.
    model.config.use_cache = True
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
