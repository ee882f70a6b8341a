"""What a token costs as an answer grows to 16,000: no more than attention over what is held.

A random Llama that never ends answers two questions; every budget is a run of its own, in turns
with the others. If a step costs a + b n where n tokens are held, an answer of N tokens costs
a + b N / 2 a token: a line through two short budgets says what a longer one should take.
``nox -s bench -- long`` runs this alone.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import TYPE_CHECKING

import pytest
import torch
from bench_results import record_result, results_folder
from transformers import LlamaConfig, LlamaForCausalLM

from evalsuite.embedded.model import build_tokenizer
from evalsuite.generation.engine import Request
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.models.load import LoadedModel
from evalsuite.records.run import Decoding, ModelSpec

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.models.load import Dtype

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "3"))
SHORT = (2_048, 4_096)
LONG = (8_192, 16_384)
QUESTIONS = [Request(question_id=str(i), sample=0, prompt=f"How much is {i}?") for i in range(2)]


def model(dtype: Dtype) -> LoadedModel:
    """Make one whose attention over 16,384 tokens costs more than all else of a step."""
    tokenizer = build_tokenizer([request.prompt for request in QUESTIONS])
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=2 * LONG[-1],
    )
    return LoadedModel(
        spec=ModelSpec(name="random", source="folder", location="random"),
        model=LlamaForCausalLM(config).to(getattr(torch, dtype)).eval(),
        tokenizer=tokenizer,
        eos_ids=(),
        device="cpu",
        dtype=dtype,
    )


def cpu_ms_a_token(loaded: LoadedModel, tokens: int) -> float:
    engine = SlotEngine(loaded, batch_size=len(QUESTIONS), threads=1)
    started = time.process_time()
    answers = list(engine.generate(QUESTIONS, Decoding(max_new_tokens=tokens)))
    seconds = time.process_time() - started
    assert [answer.n_tokens for answer in answers] == [tokens] * len(QUESTIONS)
    return 1000 * seconds / (tokens * len(QUESTIONS))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_long_answer_costs_what_attention_over_it_costs(dtype: Dtype, tmp_path: Path) -> None:
    loaded = model(dtype)
    cpu_ms_a_token(loaded, 64)  # kernels are compiled and chosen once
    turns = [
        {n: cpu_ms_a_token(loaded, n) for n in (*SHORT, LONG[0], *([] if turn else LONG[1:]))}
        for turn in range(REPEATS)
    ]
    record_result(results_folder(tmp_path), "long", {"dtype": dtype, "turns": turns})
    cost = {n: statistics.median(t[n] for t in turns if n in t) for n in (*SHORT, *LONG)}
    growth = (cost[SHORT[1]] - cost[SHORT[0]]) / (SHORT[1] - SHORT[0])
    line = {n: cost[SHORT[1]] + growth * (n - SHORT[1]) for n in LONG}
    print(f"\n{dtype}, ms of CPU a token, one thread, {REPEATS} turns (16,384 tokens once)")
    for n, middle in cost.items():
        each = sorted(t[n] for t in turns if n in t)
        beside = f", line : measured {line[n] / middle:.2f}" if n in line else ""
        print(f"{n:,} tokens: {middle:.3f} ({each[0]:.3f} to {each[-1]:.3f}){beside}")

    assert line[LONG[0]] / cost[LONG[0]] > 0.8
