"""How time and memory of a comparison grow, direction by direction: from questions to tasks.

Stored runs are made without a model, from one middle size on by factors of ten in one direction at
a time, and compared by the command itself in a fresh process. The slope is the exponent between
the two largest sizes: 1 is linear, 0 is flat. ``nox -s bench -- growth`` runs this alone, and
writes docs/reference/growth.md from what ``growth.jsonl`` in EVALSUITE_BENCH_RESULTS gets, a line a
direction. EVALSUITE_BENCH_REPEATS (1) is how often every size is measured, in turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from bench_results import record_result, results_folder
from growth_page import Cost, Growth
from made_runs import make_runs

from evalsuite.models.names import write_alias

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

REPEATS = int(os.environ.get("EVALSUITE_BENCH_REPEATS", "1"))
COSTED = Path(__file__).parents[1] / "support" / "costed.py"
STEEPEST = 1.15
"""Slope: linear, and what a busy machine adds."""


@dataclass(frozen=True)
class Size:
    """One comparison by its numbers."""

    questions: int = 300
    tokens: int = 100
    budgets: int = 1
    samples: int = 1
    subsets: int = 1
    models: int = 1
    """Trained ones, each a model of its own."""
    seeds: int = 1
    """Of one recipe."""
    tasks: int = 1


DIRECTIONS = {
    "questions": (300, 3_000, 30_000),
    "tokens": (100, 1_000, 10_000),
    "budgets": (1, 10, 100),
    "samples": (1, 10, 100),
    "subsets": (1, 10, 100),
    "models": (1, 10, 100),
    "seeds": (1, 10, 100),
    "tasks": (1, 10, 100),
}


def command_for(size: Size, folder: Path) -> list[str]:
    """Make the runs of a comparison, and give the command that compares them."""
    made = make_runs(
        folder / "runs",
        questions=size.questions,
        tokens=size.tokens,
        samples=size.samples,
        models=max(size.models, size.seeds),
        tasks=size.tasks,
    )
    names = ["run:base-*", "run:trained-*"]
    if size.models > 1:
        names = [f"run:{run.name}" for run in made]
    if size.seeds > 1:
        for seed, run in enumerate(made[1:]):
            write_alias(f"trained@{seed}", f"run:{run.name}", folder=folder)
        names = ["run:base-*", "trained@*"]
    budgets = [size.tokens * (i + 1) // size.budgets for i in range(size.budgets)]
    options = ["--subsets", str(size.subsets), "--subset-size", "100"]
    return ["compare", *names, *options, "--max-new-tokens", ",".join(map(str, budgets))]


def cost_of(command: list[str], folder: Path) -> Cost:
    subprocess.run(
        [sys.executable, str(COSTED), "cost.json", *command],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return Cost(**json.loads((folder / "cost.json").read_text("ascii")))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_time_and_memory_grow_no_faster_than_the_work(direction: str, tmp_path: Path) -> None:
    sizes = DIRECTIONS[direction]
    # A hundred tokens have a hundred budgets, and a hundred samples of a tenth of the questions
    # are as many answers as the other directions end with.
    middle = Size(questions=30) if direction == "samples" else Size()
    folders = [tmp_path / f"{direction}-{n}" for n in sizes]
    commands = []
    for n, folder in zip(sizes, folders, strict=True):
        folder.mkdir()
        commands.append(command_for(replace(middle, **{direction: n}), folder))
    turns = [
        [cost_of(*each) for each in zip(commands, folders, strict=True)] for _ in range(REPEATS)
    ]
    growth = Growth(direction=direction, middle=asdict(middle), sizes=sizes, turns=turns)
    record_result(results_folder(tmp_path), "growth", asdict(growth))
    print(f"\n{growth.row()}")

    assert max(growth.slope("cpu_s"), growth.slope("peak_mb")) < STEEPEST
