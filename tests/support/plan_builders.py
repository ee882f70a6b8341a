"""Finished plans of made-up runs."""

from __future__ import annotations

from builders import run

from evalsuite.asking.plan import FinishedRun, PlannedRun, Selection, finished
from evalsuite.asking.spec import CompareSpec


def finished_pair(base: str, trained: str, n: int = 12) -> tuple[FinishedRun, FinishedRun]:
    """Plan two finished runs in each of which every answer is the same."""
    runs = [run([text] * n, name=name) for text, name in ((base, "base"), (trained, "trained"))]
    selection = Selection(
        task="embedded", split="test", questions=runs[0].questions, subsets=(), headline_set="full"
    )
    base_run, trained_run = (
        finished(
            PlannedRun(model=r.spec.model, selection=selection, budgets=(64,), spec=r.spec),
            r,
            CompareSpec(),
        )
        for r in runs
    )
    return base_run, trained_run
