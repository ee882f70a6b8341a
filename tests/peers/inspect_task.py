"""Word problems as a task of Inspect, with two scorers of numbers and one of parts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, match, mean, pattern, scorer
from inspect_ai.solver import generate, system_message

if TYPE_CHECKING:
    from inspect_ai.scorer import Scorer, Target
    from inspect_ai.solver import TaskState

_STEP = re.compile(r"<<([^<>]*)>>")


@scorer(metrics=[mean()])  # type: ignore[untyped-decorator]  # runs with the harness's Python
def steps() -> Scorer:
    """Score the share of the gold's calculations that stand in the response."""

    async def score(state: TaskState, target: Target) -> Score:
        gold = state.metadata["steps"]
        return Score(value=sum(step in state.output.completion for step in gold) / len(gold))

    return score


@task  # type: ignore[untyped-decorator]
def word_problems(epochs: int = 1, system: str = "") -> Task:
    """Ask every question, ``epochs`` times."""
    lines = Path("data/word_problems.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [
        Sample(
            id=i,
            input=row["question"],
            target=row["answer"].rpartition("#### ")[2],
            metadata={"steps": _STEP.findall(row["answer"])},
        )
        for i, row in enumerate(map(json.loads, lines), start=1)
    ]
    config = GenerateConfig(max_tokens=64, temperature=0.7 if epochs > 1 else None)
    return Task(
        dataset=MemoryDataset(samples, name="word_problems"),
        solver=[*([system_message(system)] if system else []), generate()],
        scorer=[
            match(location="end", numeric=True),
            pattern(r"boxed\{(-?[0-9.,]+)\}"),
            steps(),
        ],
        epochs=epochs,
        config=config,
    )
