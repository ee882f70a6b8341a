"""A verdict on logs beside errorbars: processor time of both commands in turns, no page made.

The pair is lm-eval's own of tests/harnesses/logs, 24 questions with two filters; the larger one
has the same rows again under other numbers, as many questions as GSM8K's test split. Both tools
are asked for one filter. EVALSUITE_BENCH_ERRORBARS and EVALSUITE_BENCH_PLAIN, the commands of both
installed alone, are set by ``nox -s bench``; EVALSUITE_BENCH_REPEATS (7) may be set.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bench_results import record_result, results_folder
from log_builders import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not {"EVALSUITE_BENCH_ERRORBARS", "EVALSUITE_BENCH_PLAIN"} <= os.environ.keys(),
        reason="EVALSUITE_BENCH_ERRORBARS and EVALSUITE_BENCH_PLAIN are not set",
    ),
]

REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "7"))
LOGS = Path(__file__).parents[1] / "harnesses" / "logs" / "lm_eval"
FILTER = "strict-match"
_OURS = ("OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE")
AS_A_USER = {name: value for name, value in os.environ.items() if name not in _OURS}
"""With one thread errorbars takes a third less: numpy's threads are started and not used."""
LARGEST_RATIO = 1.5
"""Of the processor time of errorbars."""


def cpu_seconds(command: Sequence[str], folder: Path) -> float:
    """Run a command to its end, and give its user and system time."""
    before = os.times()
    done = subprocess.run(
        command, cwd=folder, env=AS_A_USER, capture_output=True, text=True, check=False
    )
    after = os.times()
    assert done.returncode in {0, 1, 3}, done.stderr
    return sum(after[2:4]) - sum(before[2:4])  # of children, user and system


def made_again(rows: Sequence[dict[str, Any]], n_questions: int) -> Iterator[dict[str, Any]]:
    """Give the rows anew, question after question under a number of its own, all its filters."""
    of_question: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        of_question.setdefault(row["doc_id"], []).append(row)
    again = itertools.cycle(of_question.values())
    for i, filtered in zip(range(n_questions), again, strict=False):
        for row in filtered:
            document = {**row["doc"], "question": f"{row['doc']['question']} ({i})"}
            hashes = {"doc_hash": digest(json.dumps(document)), "prompt_hash": digest(str(i))}
            yield {**row, **hashes, "doc_id": i, "doc": document}


def write_pair(folder: Path, n_questions: int | None) -> list[str]:
    """Write base's and trained's folder with the one task, as many questions as asked."""
    for side in ("base", "trained"):
        (folder / side).mkdir(parents=True)
        (samples,) = (LOGS / side).glob("samples_word_problems_2*.jsonl")
        target = folder / side / samples.name
        if n_questions is None:
            shutil.copy(samples, target)
            continue
        rows = [json.loads(line) for line in samples.read_text("utf-8").splitlines()]
        lines = [json.dumps(row) + "\n" for row in made_again(rows, n_questions)]
        target.write_text("".join(lines), "utf-8")
    return [f"{side}={folder / side}" for side in ("base", "trained")]


@pytest.mark.parametrize("n_questions", [None, 1319], ids=["24 questions", "1,319 questions"])
def test_a_verdict_on_logs_costs_little_more_than_errorbars(
    tmp_path: Path, n_questions: int | None
) -> None:
    pair = write_pair(tmp_path / "logs", n_questions)
    ours = [os.environ["EVALSUITE_BENCH_PLAIN"], "compare", *pair, "--no-report", "-q"]
    theirs = [os.environ["EVALSUITE_BENCH_ERRORBARS"], "compare", *pair, "--filter", FILTER]

    cpu_seconds(ours, tmp_path), cpu_seconds(theirs, tmp_path)  # compiles what runs first
    turns = [(cpu_seconds(ours, tmp_path), cpu_seconds(theirs, tmp_path)) for _ in range(REPEATS)]

    result = {"questions": n_questions, "turns": turns}
    record_result(results_folder(tmp_path), "logs", result)
    ours_s, theirs_s = (statistics.median(column) for column in zip(*turns, strict=True))
    ratio = statistics.median(mine / other for mine, other in turns)
    print(f"\nprocessor seconds, evalsuite and errorbars, turn by turn: {turns}")
    print(f"medians {ours_s:.2f} and {theirs_s:.2f}; {ratio:.2f} times")
    assert ratio <= LARGEST_RATIO
