"""Rows of a comparison: each model's side, and the gain by every grader, subset and budget.

A row selects from the stored grades and grades nothing. A response that was cut off may be right
all the same, so cut off and wrong are counted apart. The decisions of rows are the verdict room's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.gain import (
    accuracy_interval,
    counted_columns,
    gain_columns,
    has_partial_scores,
    paired_gain,
    table_of,
)
from evalsuite.records.comparison import (
    BudgetRow,
    BudgetSide,
    GraderRow,
    Interval,
    Side,
    SubsetRow,
    Truncation,
)
from evalsuite.stats import truncation_bounds
from evalsuite.tasks.grading import NUMERIC_GRADERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.gain import PairedGain
    from evalsuite.records.paired import Outcomes, PairedOutcomes
    from evalsuite.records.run import Task

__all__ = [
    "accuracy",
    "budget_row",
    "budget_side",
    "gain_of",
    "gain_of_sample",
    "grader_rows",
    "headline_side",
    "subset_row",
    "truncation_of",
]


def gain_of(outcomes: PairedOutcomes, grader: str | None = None) -> PairedGain:
    """Estimate the gain as one grader reads it, the deciding one unless another is named."""
    base, trained = outcomes.base, outcomes.trained
    return paired_gain(
        base.points(grader),
        trained.points(grader),
        outcomes.question_ids,
        confidence_level=outcomes.confidence_level,
    )


def gain_of_sample(outcomes: PairedOutcomes, sample: int) -> PairedGain:
    """Estimate the gain from one of several samples a question, as if it were the only one."""
    rows = [row for row, number in enumerate(outcomes.samples) if number == sample]
    return _gain_on(outcomes, rows)


def grader_rows(outcomes: PairedOutcomes, task: Task) -> dict[str, GraderRow]:
    """Give each grader its row, where it graded every answer of both models."""
    base, trained = outcomes.base, outcomes.trained
    return {
        grader: _grader_row(outcomes, grader, version)
        for grader, version in task.graders.items()
        if base.is_scored(grader) and trained.is_scored(grader)
    }


def subset_row(outcomes: PairedOutcomes, seed: int, ids: Sequence[str]) -> SubsetRow:
    """Give what one seeded subset of the questions would have shown alone."""
    inside = set(ids)
    rows = [row for row, name in enumerate(outcomes.question_ids) if name in inside]
    return SubsetRow(
        seed=seed,
        n=len(inside),
        base=accuracy(_chosen(outcomes.base.points(), rows)),
        trained=accuracy(_chosen(outcomes.trained.points(), rows)),
        **counted_columns(_gain_on(outcomes, rows)),
    )


def budget_row(outcomes: PairedOutcomes, budget: int) -> BudgetRow:
    """Give the comparison at one budget, from outcomes that were cut there."""
    return BudgetRow(
        max_new_tokens=budget,
        n=len(outcomes.question_ids),
        base=budget_side(outcomes.base, outcomes),
        trained=budget_side(outcomes.trained, outcomes),
        **counted_columns(gain_of(outcomes)),
    )


def _grader_row(outcomes: PairedOutcomes, grader: str, version: str) -> GraderRow:
    gain = gain_of(outcomes, grader)
    return GraderRow(
        base=accuracy(outcomes.base.points(grader)),
        trained=accuracy(outcomes.trained.points(grader)),
        table=gain.table,
        version=version,
        clusters=gain.clusters,
        **gain_columns(gain),
    )


def _gain_on(outcomes: PairedOutcomes, rows: Sequence[int]) -> PairedGain:
    return paired_gain(
        _chosen(outcomes.base.points(), rows),
        _chosen(outcomes.trained.points(), rows),
        [outcomes.question_ids[row] for row in rows],
        confidence_level=outcomes.confidence_level,
    )


def _chosen(scores: Sequence[float], rows: Sequence[int]) -> list[float]:
    return [scores[row] for row in rows]


def headline_side(name: str, outcomes: Outcomes, pair: PairedOutcomes) -> Side:
    """Describe one model of a pair at the headline budget."""
    correct = outcomes.correct
    return Side(
        name=name,
        correct=sum(correct),
        n=len(correct),
        accuracy=accuracy(outcomes.points()),
        interval=_accuracy_interval(outcomes, pair),
        truncated=_truncated(outcomes),
        no_answer=None if _is_unread(outcomes) else outcomes.answered.count(False),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
    )


def budget_side(outcomes: Outcomes, pair: PairedOutcomes) -> BudgetSide:
    """Describe one model of a pair at one budget."""
    return BudgetSide(
        accuracy=accuracy(outcomes.points()),
        truncated=outcomes.truncated.count(True),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
        interval=_accuracy_interval(outcomes, pair),
    )


def _accuracy_interval(outcomes: Outcomes, pair: PairedOutcomes) -> Interval:
    return accuracy_interval(
        outcomes.points(), pair.question_ids, confidence_level=pair.confidence_level
    )


def truncation_of(outcomes: PairedOutcomes) -> Truncation:
    """Count cut-off responses; without table and bounds where a log does not record every end."""
    base, trained = outcomes.base, outcomes.trained
    if None in base.truncated or None in trained.truncated:
        return Truncation(
            base=_truncated(base), trained=_truncated(trained), table=None, bounds=None
        )
    return Truncation(
        base=_truncated(base),
        trained=_truncated(trained),
        table=table_of([bool(t) for t in base.truncated], [bool(t) for t in trained.truncated]),
        # what a cut-off answer could still score is asked of right and wrong ones alone
        bounds=None
        if has_partial_scores(base.points() + trained.points())
        else _bounds(base, trained),
    )


def accuracy(scores: Sequence[float]) -> float:
    """Give the mean score of at least one row: the share of right ones where all are 0 or 1."""
    return sum(scores) / len(scores)


def _bounds(base: Outcomes, trained: Outcomes) -> Interval:
    # a cut-off answer that is right already can't become more right: only the wrong ones are free
    bounds = truncation_bounds(
        len(base.truncated),
        base_correct=sum(base.correct),
        base_unfinished=base.truncated.count(True) - _right_although_truncated(base),
        trained_correct=sum(trained.correct),
        trained_unfinished=trained.truncated.count(True) - _right_although_truncated(trained),
    )
    return Interval(low=bounds.low, high=bounds.high)


def _is_unread(outcomes: Outcomes) -> bool:
    """Tell whether nothing says what the deciding grader, another tool's own, read."""
    return outcomes.decides not in NUMERIC_GRADERS and None in outcomes.answered


def _truncated(outcomes: Outcomes) -> int | None:
    return None if None in outcomes.truncated else outcomes.truncated.count(True)


def _right_although_truncated(outcomes: Outcomes) -> int:
    return sum(
        right and bool(cut) for right, cut in zip(outcomes.correct, outcomes.truncated, strict=True)
    )


def _mean_tokens(outcomes: Outcomes) -> float | None:
    # a mean over the known counts alone would be about other responses than the accuracy
    counts = [tokens for tokens in outcomes.tokens if tokens is not None]
    return sum(counts) / len(counts) if len(counts) == len(outcomes.tokens) else None
