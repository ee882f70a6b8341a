"""How time and memory of a comparison grow, direction by direction: from questions to tasks.

Stored runs are made without a model, from one middle size on by factors of ten in one direction at
a time, and compared by the command itself in a fresh process. The slope is the exponent between
the two largest sizes: 1 is linear, 0 is flat. ``nox -s bench -- growth`` runs this alone.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import pytest
from made_runs import make_runs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

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
    """Trained ones."""
    tasks: int = 1


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    cpu_s: float
    peak_mb: float


ASKED_FOR = ("budgets", "subsets")
"""By the command, of the same runs."""
DIRECTIONS = {
    "questions": (300, 3_000, 30_000),
    "tokens": (100, 1_000, 10_000),
    "budgets": (1, 10, 100),
    "samples": (1, 10, 100),
    "subsets": (1, 10, 100),
    "models": (1, 10, 100),
    "tasks": (1, 10, 100),
}


def cost_of(size: Size, folder: Path) -> Cost:
    folder.mkdir()
    made = make_runs(
        folder / "runs",
        **{name: value for name, value in asdict(size).items() if name not in ASKED_FOR},
    )
    names = ["run:base-*", "run:trained-*"]
    if size.models > 1:
        names = [f"run:{run.name}" for run in made]
    budgets = [size.tokens * (i + 1) // size.budgets for i in range(size.budgets)]
    options = ["--subsets", str(size.subsets), "--subset-size", "100"]
    options += ["--max-new-tokens", ",".join(map(str, budgets))]
    command = [sys.executable, "-m", "costed", "cost.json", "compare", *names]
    subprocess.run([*command, *options], check=True, capture_output=True, cwd=folder)
    return Cost(**json.loads((folder / "cost.json").read_text("ascii")))


def slope(values: list[float]) -> float:
    return math.log10(values[-1] / values[-2])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_time_and_memory_grow_no_faster_than_the_work(direction: str, tmp_path: Path) -> None:
    sizes = DIRECTIONS[direction]
    # A hundred tokens have a hundred budgets, and a hundred samples of a tenth of the questions
    # are as many answers as the other directions end with.
    middle = Size(questions=30) if direction == "samples" else Size()
    costs = [
        cost_of(replace(middle, **{direction: n}), tmp_path / f"{direction}-{n}") for n in sizes
    ]
    slopes = slope([c.cpu_s for c in costs]), slope([c.peak_mb for c in costs])
    cells = [
        f"{n:,}: {c.cpu_s:.1f} s, {c.peak_mb:.0f} MB" for n, c in zip(sizes, costs, strict=True)
    ]
    print(f"\n| {direction} | {' | '.join(cells)} | {slopes[0]:.2f} | {slopes[1]:.2f} |")

    assert max(slopes) < STEEPEST
