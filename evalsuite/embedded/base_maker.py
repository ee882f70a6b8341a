"""Make the tiny base model from nothing: tokenizer, random weights, supervised warm-up."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evalsuite.embedded.demonstrations import demonstrate
from evalsuite.embedded.model import build_model, build_tokenizer
from evalsuite.files import sha256_of_file
from evalsuite.generation.threads import thread_count
from evalsuite.records.codec import plain, to_json
from evalsuite.seeds import stream
from evalsuite.storage import write_atomically
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.wordproblems import GENERATOR_VERSION, word_problems
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.manifest import versions
from evalsuite.training.warmup import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.records.training import WarmupSpec
    from evalsuite.training.diagnosis import Finding

__all__ = ["make_tiny_base"]

_TOKENIZER_TEXTS = 5_000


def make_tiny_base(
    spec: WarmupSpec,
    *,
    output: Path,
    on_log: Callable[[dict[str, Any], tuple[Finding, ...]], None] | None = None,
) -> None:
    """Train the tiny base model and write it as a Hugging Face folder.

    Parameters
    ----------
    spec
        Sizes, steps and seed; the same spec gives the same bytes on the same machine.
    output
        Folder of the model; gets the weights, the tokenizer, ``manifest.json`` and
        ``train_log.jsonl``.
    on_log
        Called after each logged step.
    """
    started = time.perf_counter()
    questions = word_problems("train", n=spec.demonstrations)
    rng = stream(spec.seed, "warm-up demonstrations")
    answers = [demonstrate(question, rng=rng) for question in questions]
    texts = [f"{q.text} {a}" for q, a in zip(questions, answers, strict=True)]
    tokenizer = build_tokenizer(texts[:_TOKENIZER_TEXTS])
    model = build_model(tokenizer, seed=spec.seed)
    prompt = load_prompt("plain")
    output.mkdir(parents=True, exist_ok=True)
    with thread_count(spec.threads) as threads, TemporaryDirectory() as scratch:
        warm_up(
            model,
            tokenizer,
            [(messages(prompt, q.text), a) for q, a in zip(questions, answers, strict=True)],
            output=Path(scratch),
            steps=spec.steps,
            learning_rate=spec.learning_rate,
            batch_size=spec.batch_size,
            seed=spec.seed,
            callbacks=[LogWriter(output / "train_log.jsonl", on_log)],
        )
    model.config.use_cache = True  # the trainer turned it off; generation needs it
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    manifest = {
        "schema": 1,
        "kind": "warmup",
        "task": "embedded",
        "prompt": "plain",
        "spec": plain(spec),
        "questions": {"n": len(questions), "sha256": questions_sha256(questions)},
        "generator_version": GENERATOR_VERSION,
        "versions": versions(),
        "threads": threads,
        "seconds": round(time.perf_counter() - started, 1),
        "weights_sha256": {"model.safetensors": sha256_of_file(output / "model.safetensors")},
    }
    write_atomically(output / "manifest.json", to_json(manifest))
