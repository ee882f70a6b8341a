"""Sides of a comparison: each model's accuracy and cut-off responses, and what those allow.

A response that was cut off may be right all the same, so cut off and wrong are counted apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.gain import accuracy_interval, has_partial_scores, table_of
from evalsuite.records.comparison import BudgetSide, Interval, Side, Truncation
from evalsuite.stats import truncation_bounds
from evalsuite.tasks.grading import NUMERIC_GRADERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.paired import Outcomes, PairedOutcomes

__all__ = ["accuracy", "budget_side", "headline_side", "truncation_of"]


def headline_side(name: str, outcomes: Outcomes, question_ids: Sequence[str], level: float) -> Side:
    """Describe one model at the headline budget; ``level`` is of the accuracy's interval."""
    correct = outcomes.correct
    return Side(
        name=name,
        correct=sum(correct),
        n=len(correct),
        accuracy=accuracy(outcomes.points()),
        interval=accuracy_interval(outcomes.points(), question_ids, confidence_level=level),
        truncated=_truncated(outcomes),
        no_answer=None if _is_unread(outcomes) else outcomes.answered.count(False),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
    )


def budget_side(outcomes: Outcomes, question_ids: Sequence[str], level: float) -> BudgetSide:
    """Describe one model at one budget; ``level`` is of the accuracy's interval."""
    return BudgetSide(
        accuracy=accuracy(outcomes.points()),
        truncated=outcomes.truncated.count(True),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
        interval=accuracy_interval(outcomes.points(), question_ids, confidence_level=level),
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
