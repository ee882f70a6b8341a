"""Rows of a comparison: the same gain by every grader, on every subset, at every budget.

A row selects from the stored grades and grades nothing. The decisions of rows are the verdict
room's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.gain import counted_columns, gain_columns, paired_gain
from evalsuite.comparing.sides import accuracy, budget_side
from evalsuite.records.comparison import BudgetRow, GraderRow, SubsetRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.gain import PairedGain
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.run import Task

__all__ = ["budget_row", "gain_of", "gain_of_sample", "grader_rows", "subset_row"]


def gain_of(outcomes: PairedOutcomes, level: float, grader: str | None = None) -> PairedGain:
    """Estimate the gain as one grader reads it, the deciding one unless another is named."""
    base, trained = outcomes.base, outcomes.trained
    return paired_gain(
        base.points(grader),
        trained.points(grader),
        outcomes.question_ids,
        confidence_level=level,
    )


def gain_of_sample(outcomes: PairedOutcomes, sample: int, level: float) -> PairedGain:
    """Estimate the gain from one of several samples a question, as if it were the only one."""
    rows = [row for row, number in enumerate(outcomes.samples) if number == sample]
    return _gain_on(outcomes, rows, level)


def grader_rows(outcomes: PairedOutcomes, task: Task, level: float) -> dict[str, GraderRow]:
    """Give each grader its row, where it graded every answer of both models."""
    base, trained = outcomes.base, outcomes.trained
    return {
        grader: _grader_row(outcomes, grader, version, level)
        for grader, version in task.graders.items()
        if base.is_scored(grader) and trained.is_scored(grader)
    }


def subset_row(outcomes: PairedOutcomes, seed: int, ids: Sequence[str], level: float) -> SubsetRow:
    """Give what one seeded subset of the questions would have shown alone."""
    inside = set(ids)
    rows = [row for row, name in enumerate(outcomes.question_ids) if name in inside]
    return SubsetRow(
        seed=seed,
        n=len(inside),
        base=accuracy(_chosen(outcomes.base.points(), rows)),
        trained=accuracy(_chosen(outcomes.trained.points(), rows)),
        **counted_columns(_gain_on(outcomes, rows, level)),
    )


def budget_row(outcomes: PairedOutcomes, budget: int, level: float) -> BudgetRow:
    """Give the comparison at one budget, from outcomes that were cut there."""
    return BudgetRow(
        max_new_tokens=budget,
        n=len(outcomes.question_ids),
        base=budget_side(outcomes.base, outcomes.question_ids, level),
        trained=budget_side(outcomes.trained, outcomes.question_ids, level),
        **counted_columns(gain_of(outcomes, level)),
    )


def _grader_row(outcomes: PairedOutcomes, grader: str, version: str, level: float) -> GraderRow:
    gain = gain_of(outcomes, level, grader)
    return GraderRow(
        base=accuracy(outcomes.base.points(grader)),
        trained=accuracy(outcomes.trained.points(grader)),
        table=gain.table,
        version=version,
        clusters=gain.clusters,
        **gain_columns(gain),
    )


def _gain_on(outcomes: PairedOutcomes, rows: Sequence[int], level: float) -> PairedGain:
    return paired_gain(
        _chosen(outcomes.base.points(), rows),
        _chosen(outcomes.trained.points(), rows),
        [outcomes.question_ids[row] for row in rows],
        confidence_level=level,
    )


def _chosen(scores: Sequence[float], rows: Sequence[int]) -> list[float]:
    return [scores[row] for row in rows]
