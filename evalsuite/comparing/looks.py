"""Looks at a pair before all questions are answered: what then takes the place of fixed-size ones.

A design and an order are given; nothing here draws, generates or remembers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar

from evalsuite.records.comparison import (
    AdjustedForStopping,
    BudgetRow,
    GraderRow,
    Interval,
    McNemar,
    StoppedEarly,
)
from evalsuite.records.dataclass import dataclass
from evalsuite.stats import adjusted_gain, confidence_sequence, e_value, look, planned_look
from evalsuite.stats.sequential.planned import planned_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.pairing import PairedTables
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import GainMethod, StopReason
    from evalsuite.records.ledger import LookMode
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.verdict import Policy
    from evalsuite.stats import Look, PlannedLook

__all__ = ["LookDesign", "LookResult", "after_looks", "is_look", "look_at", "steps_in_order"]

Row = TypeVar("Row", BudgetRow, GraderRow)

METHODS: dict[LookMode, GainMethod] = {
    "planned": "group-sequential",
    "anytime": "confidence-sequence",
}
"""What ``gain.method`` says after looks of each design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookDesign:
    """How a pair is looked at: decided before the first look, and kept."""

    name: LookMode
    n_planned: int
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class LookResult:
    """One look: whether to go on, and the p-value and interval that hold at every look."""

    action: Literal["continue", "stop"]
    reason: StopReason
    n: int
    n_planned: int
    pvalue: float
    interval: Interval


def is_look(n: int, design: LookDesign) -> bool:
    """Return whether the design looks after this many questions."""
    return design.name == "anytime" or n in planned_numbers(design.n_planned)


def look_at(steps: Sequence[int], design: LookDesign) -> LookResult:
    """Look at the steps so far: trained minus base of each question, in the order asked."""
    seen = _planned(steps, design) if design.name == "planned" else _anytime(steps, design)
    return LookResult(
        action=seen.action,
        reason=seen.reason,
        n=seen.n,
        n_planned=seen.n_planned,
        pvalue=seen.pvalue,
        interval=seen.interval,
    )


def steps_in_order(
    outcomes: PairedOutcomes, order: Sequence[str], grader: str | None = None
) -> list[int]:
    """Return trained minus base of each question in the order asked, as one grader reads them."""
    base = outcomes.base.right(grader or outcomes.base.decides)
    trained = outcomes.trained.right(grader or outcomes.trained.decides)
    step_of = {
        name: int(after) - int(before)
        for name, before, after in zip(outcomes.question_ids, base, trained, strict=True)
    }
    return [step_of[name] for name in order]


def after_looks(
    comparison: Comparison, paired: PairedTables, order: Sequence[str], design: LookDesign
) -> Comparison:
    """Replace what holds for a fixed number of questions by what holds at every look.

    Gain, p-values and the rows of budgets and graders follow the design; ``order`` holds the ids of
    the answered questions in the order asked. Subsets, parts of the gain, accuracies and the other
    intervals stay as they are, and are to be shown as not adjusted.
    """
    headline = paired.at(paired.base.headline_budget)
    last = look_at(steps_in_order(headline, order), design)
    return replace(
        comparison,
        gain=replace(comparison.gain, interval=last.interval, method=METHODS[design.name]),
        mcnemar=McNemar(exact=last.pvalue, mid_p=last.pvalue),
        budgets=tuple(
            _looked_at(row, steps_in_order(paired.at(row.max_new_tokens), order), design)
            for row in comparison.budgets
        ),
        graders={
            name: _looked_at(row, steps_in_order(headline, order, name), design)
            for name, row in comparison.graders.items()
        },
        stopped_early=_stopped(comparison, last, design),
    )


def _planned(steps: Sequence[int], design: LookDesign) -> PlannedLook:
    policy = design.policy
    return planned_look(
        steps,
        n_planned=design.n_planned,
        alpha=policy.alpha,
        confidence_level=policy.confidence_level,
        margin=policy.margin,
    )


def _anytime(steps: Sequence[int], design: LookDesign) -> Look:
    policy = design.policy
    seen = look(steps, n_planned=design.n_planned, alpha=policy.alpha, margin=policy.margin)
    if policy.confidence_level == 1 - policy.alpha:
        return seen
    # a look's interval has the level of its test; the comparison's own may differ
    sequence = confidence_sequence(steps, confidence_level=policy.confidence_level)
    return replace(seen, interval=sequence.interval)


def _looked_at(row: Row, steps: Sequence[int], design: LookDesign) -> Row:
    """Look at another row in the same order; it decides nothing about stopping, so it may."""
    seen = look_at(steps, design)
    return replace(row, interval=seen.interval, exact=seen.pvalue)


def _stopped(comparison: Comparison, last: LookResult, design: LookDesign) -> StoppedEarly:
    table = comparison.table
    looks = planned_numbers(design.n_planned) if design.name == "planned" else ()
    return StoppedEarly(
        n=last.n,
        n_planned=last.n_planned,
        reason=last.reason,
        saved_answers=2 * (last.n_planned - last.n),
        pvalue=last.pvalue,
        e_value=e_value(table.losses, table.gains).e_value,
        design=design.name,
        looks=tuple(n for n in looks if n <= last.n),
        adjusted=_adjusted(comparison, last, design),
    )


def _adjusted(
    comparison: Comparison, last: LookResult, design: LookDesign
) -> AdjustedForStopping | None:
    """Adjust the gain where asking stopped; once all are asked nothing was picked for its size."""
    if design.name != "planned" or last.n == last.n_planned:
        return None
    gain = adjusted_gain(
        comparison.table.losses,
        comparison.table.gains,
        last.n,
        n_planned=last.n_planned,
        alpha=design.policy.alpha,
        confidence_level=design.policy.confidence_level,
    )
    return (
        None
        if gain is None
        else AdjustedForStopping(estimate=gain.estimate, interval=gain.interval)
    )
