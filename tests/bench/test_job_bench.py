"""The whole job side by side: two models, five subsets and the full split, three budgets.

evalsuite generates once a model, judges and writes its report; lm-eval is asked for the same
answers and generates for every subset and budget. Both are fresh processes, timed whole, in turns,
on the embedded pair. lm-eval gets the fastest of a few batch sizes, found on one budget first.

EVALSUITE_BENCH_LMEVAL_PYTHON is set by ``nox -s bench``; EVALSUITE_BENCH_REPEATS (3) and
EVALSUITE_BENCH_JOB_QUESTIONS (all 1,319; fewer only for a first look) may be set.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalsuite.core.model import load_tokenizer, render
from evalsuite.core.names import embedded_folder, resolve
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

LMEVAL = os.environ.get("EVALSUITE_BENCH_LMEVAL_PYTHON")
REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "3"))
QUESTIONS = int(os.environ.get("EVALSUITE_BENCH_JOB_QUESTIONS", "1319"))
BUDGETS = (32, 64, 128)
SUBSETS, SUBSET_SIZE = 5, 200
BATCH_SIZES = (64, 256, 512)
SCRIPT = Path(__file__).parents[1] / "peers" / "job_lmeval.py"
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}


def make_job() -> dict[str, Any]:
    tokenizer, _ = load_tokenizer(resolve("base"))
    prompt = load_prompt("plain")
    asked = load_questions("embedded", "test")[:QUESTIONS]
    texts = [render(tokenizer, messages(prompt, q.text)) for q in asked]
    places = list(range(len(texts)))
    size = min(SUBSET_SIZE, len(texts))

    def draw(seed: int) -> list[int]:
        chosen: list[int] = np.random.default_rng(seed).choice(places, size, replace=False).tolist()
        return chosen

    return {
        "models": [str(embedded_folder() / name) for name in ("base", "trained")],
        "threads": 2,
        "budgets": BUDGETS,
        "sets": [places, *(draw(s) for s in range(SUBSETS))],
        "prompts": [
            {"text": t, "ids": tokenizer(t, add_special_tokens=False)["input_ids"]} for t in texts
        ],
    }


def by_lmeval(job: dict[str, Any], folder: Path) -> float:
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    started = time.perf_counter()
    done = subprocess.run(
        [str(LMEVAL), str(SCRIPT), str(path)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    seconds = time.perf_counter() - started
    told = json.loads(done.stdout)
    asked = len(job["models"]) * len(job["budgets"]) * sum(map(len, job["sets"]))
    assert told == {"answered": asked, "same_ids": True}
    return seconds


def by_evalsuite(folder: Path) -> float:
    folder.mkdir()
    budgets = ",".join(map(str, BUDGETS))
    command = [sys.executable, "-m", "evalsuite", "compare", "base", "trained"]
    started = time.perf_counter()
    subprocess.run(
        [*command, "--seeds", str(SUBSETS), "--max-new-tokens", budgets],
        check=True,
        capture_output=True,
        env=ENVIRONMENT,
        cwd=folder,
    )
    return time.perf_counter() - started


@pytest.mark.skipif(LMEVAL is None, reason="EVALSUITE_BENCH_LMEVAL_PYTHON is not set")
def test_the_whole_job_is_done_in_an_eighth_of_the_time(tmp_path: Path) -> None:
    job = make_job()
    one = job | {"models": job["models"][:1], "budgets": BUDGETS[:1], "sets": job["sets"][:1]}
    tries = {size: by_lmeval(one | {"batch_size": size}, tmp_path) for size in BATCH_SIZES}
    job["batch_size"] = min(tries, key=lambda size: tries[size])
    pairs = [
        (by_evalsuite(tmp_path / f"turn-{turn}"), by_lmeval(job, tmp_path))
        for turn in range(REPEATS)
    ]

    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(t / o for o, t in pairs)
    print(f"\nlm-eval by batch size, one model and budget: {tries}")
    print(f"seconds, evalsuite and lm-eval, turn by turn: {pairs}")
    print(f"medians {ours:.1f} and {theirs:.1f}; lm-eval takes {ratio:.1f} times as long")
    assert QUESTIONS < 1319 or ratio >= 8
