"""Finished plans of made-up runs."""

from __future__ import annotations

from builders import run

from evalsuite.asking.plan import FinishedRun, PlannedRun, Selection, finished
from evalsuite.asking.spec import CompareSpec


def finished_pair(
    base: str, trained: str, n: int = 12, *, first: tuple[str, int] = ("", 0)
) -> tuple[FinishedRun, FinishedRun]:
    """Plan two finished runs of one answer each, but for trained's ``first`` ones."""
    text, n_first = first
    answers = {"base": [base] * n, "trained": [text] * n_first + [trained] * (n - n_first)}
    runs = [run(texts, name=name) for name, texts in answers.items()]
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
