"""The maker of the tiny base: tokenizer, random weights and supervised warm-up, from nothing."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from evalsuite.disk.files import (
    has_sha256,
    object_or_empty,
    sha256_of_file,
    write_atomically,
)
from evalsuite.embedded.demonstrations import demonstrate
from evalsuite.embedded.model import build_model, build_tokenizer
from evalsuite.errors import InvalidInputError
from evalsuite.generation.threads import thread_count
from evalsuite.records.codec import plain, to_json
from evalsuite.records.dataclass import dataclass
from evalsuite.seeds import stream
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.wordproblems import GENERATOR_VERSION, word_problems
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.manifest import versions
from evalsuite.training.warmup import fit_solutions, save_model

if TYPE_CHECKING:
    from evalsuite.training.diagnosis import OnLog

__all__ = ["BaseSpec", "make_tiny_base"]

_TOKENIZER_TEXTS = 5_000
"""More texts hold no more words: the generator's sentences repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSpec:
    """What the tiny base is made of; the same gives the same bytes on the same machine."""

    demonstrations: int
    """Worked solutions to as many generated problems."""
    steps: int
    learning_rate: float
    batch_size: int = 32
    seed: int = 0
    """Of the weights, the demonstrations and their order."""
    threads: int | None = None

    def __post_init__(self) -> None:
        """Check the sizes."""
        for name in ("demonstrations", "steps", "batch_size"):
            if getattr(self, name) < 1:
                raise InvalidInputError(
                    "{name} is {value}; use 1 or more.", name=name, value=getattr(self, name)
                )


def make_tiny_base(
    spec: BaseSpec,
    *,
    output: Path,
    on_log: OnLog | None = None,
) -> None:
    """Train the tiny base and write it as a Hugging Face folder, with its manifest and log.

    One that was finished in the folder is left as it is; an interrupted one is made anew, with the
    same bytes. ``on_log`` is called after each logged step.

    Raises InvalidInputError where the folder holds a base of other settings.
    """
    if _is_made(spec, output):
        return
    started = time.perf_counter()
    questions = word_problems("train", n=spec.demonstrations)
    rng = stream(spec.seed, "warm-up demonstrations")
    answers = [demonstrate(question, rng=rng) for question in questions]
    texts = [f"{q.text} {a}" for q, a in zip(questions, answers, strict=True)]
    tokenizer = build_tokenizer(texts[:_TOKENIZER_TEXTS])
    model = build_model(tokenizer, seed=spec.seed)
    prompt = load_prompt("plain")
    output.mkdir(parents=True, exist_ok=True)
    for name in ("manifest.json", "train_log.jsonl"):
        (output / name).unlink(missing_ok=True)
    with thread_count(spec.threads) as threads, TemporaryDirectory() as scratch:
        fit_solutions(
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
    save_model(model, tokenizer, output)
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


def _is_made(spec: BaseSpec, folder: Path) -> bool:
    """Tell whether this very base was made before, and has the weights that its manifest names."""
    manifest = object_or_empty(folder / "manifest.json")
    if not manifest:
        return False
    if manifest.get("spec") != plain(spec):
        raise InvalidInputError(
            "{folder} holds a base that was made with other settings; choose another --output",
            folder=folder,
        )
    hashes = manifest.get("weights_sha256")
    name = "model.safetensors"
    return isinstance(hashes, dict) and has_sha256(folder / name, hashes.get(name))
