"""From two finished runs to a Comparison: numbers only, no verdict, no wording.

Every budget is a cut of the stored answers, every subset an index set over them, every grader a
pass over their text. Nothing here generates, reads files or draws random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalsuite.comparing.attribution import attribute
from evalsuite.comparing.diagnostics import calculations_of, clustered, diagnose
from evalsuite.comparing.gain import PairedGain, accuracy_interval, paired_gain, table_of
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.power_curve import with_curve
from evalsuite.comparing.summary import describe_clustered_power, describe_intervals, describe_power
from evalsuite.comparing.tabulate import tabulate
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import (
    BudgetRow,
    BudgetSide,
    Comparison,
    Gain,
    GraderRow,
    Interval,
    Intervals,
    McNemar,
    Policy,
    Power,
    Seeds,
    Side,
    SubsetRow,
    TrainingLog,
    Truncation,
)
from evalsuite.stats import truncation_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.paired import Outcomes, PairedOutcomes
    from evalsuite.records.run import Decoding, LoggedDecoding, Run
    from evalsuite.records.task import Task

__all__ = ["Design", "compare_runs", "compare_tables"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is looked at, decided before looking."""

    budgets: tuple[int, ...] = ()
    """Every max_new_tokens to report; empty for logs that can't be cut."""
    headline_budget: int | None = None
    """One of ``budgets``; None takes the largest, or the log as it is."""
    subsets: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Seed and question ids of every seeded subset."""
    headline_set: str = "full"
    policy: Policy = field(default_factory=Policy)
    training_seeds: int | None = None


def compare_runs(
    base: Run, trained: Run, design: Design, *, training: TrainingLog | None = None
) -> Comparison:
    """Compare two finished runs, each cut and graded once; as `compare_tables`."""
    return compare_tables(
        tabulate(base, design.budgets, design.headline_budget),
        tabulate(trained, design.budgets, design.headline_budget),
        design,
        training=training,
    )


def compare_tables(
    base: GradedTable,
    trained: GradedTable,
    design: Design,
    *,
    training: TrainingLog | None = None,
) -> Comparison:
    """Compare two graded tables; base's serves every trained model.

    Parameters
    ----------
    base, trained
        Over the same questions, graded at every budget of the design.
    design
        Budgets, subsets and policy.
    training
        The log of the run that made ``trained``, for the report.

    Returns
    -------
    Comparison
        Without checks, verdict and provenance: `run_checks` and `judge` of the verdict room add
        the first two.

    Raises
    ------
    NotComparableError
        If the runs do not hold the same questions and samples, or some answers have no grade.
    InvalidInputError
        If a table is not graded at a budget of the design.
    """
    budget = design.headline_budget or max(design.budgets, default=None)
    if {base.headline_budget, trained.headline_budget} != {budget}:
        raise InvalidInputError(
            f"the headline budget is {budget}, but the tables hold readings at "
            f"{base.headline_budget} and {trained.headline_budget}; tabulate both runs at it"
        )
    paired = pair_tables(base, trained)
    headline = paired.at(budget)
    level = design.policy.confidence_level
    found = _gain(headline, level)
    spec = base.run.spec
    return Comparison(
        task=f"{spec.task} {spec.split}".strip(),
        headline_budget=budget or spec.decoding.max_new_tokens,
        headline_set=design.headline_set,
        base=_side(spec.model.name, headline.base, headline.question_ids, level),
        trained=_side(trained.run.spec.model.name, headline.trained, headline.question_ids, level),
        table=found.table,
        gain=Gain(
            estimate=found.estimate,
            interval=found.interval,
            confidence_level=level,
            method=found.method,
        ),
        mcnemar=McNemar(exact=found.exact, mid_p=found.mid_p),
        intervals=_intervals(found, headline, level),
        graders=_graders(headline, base.task, level),
        subsets=tuple(_subset(headline, seed, ids, level) for seed, ids in design.subsets),
        budgets=tuple(_budget(paired.at(b), b, level) for b in sorted(design.budgets)),
        attribution=attribute(headline, confidence_level=level),
        truncation=_truncation(headline),
        power=_power(found, headline, design),
        seeds=_seeds(headline, spec.decoding, design),
        training=training,
        diagnostics=diagnose(headline, found.table, design.policy) | _calculations(base, trained),
    )


def _calculations(base: GradedTable, trained: GradedTable) -> dict[str, Any]:
    sides = {"base": calculations_of(base), "trained": calculations_of(trained)}
    return {"calculations": sides} if all(sides.values()) else {}


def _gain(outcomes: PairedOutcomes, level: float, grader: str | None = None) -> PairedGain:
    base, trained = outcomes.base, outcomes.trained
    return paired_gain(
        base.right(grader or base.decides),
        trained.right(grader or trained.decides),
        outcomes.question_ids,
        confidence_level=level,
    )


def _side(name: str, outcomes: Outcomes, question_ids: tuple[str, ...], level: float) -> Side:
    n, correct = len(outcomes.correct), sum(outcomes.correct)
    return Side(
        name=name,
        correct=correct,
        n=n,
        accuracy=correct / n,
        interval=accuracy_interval(outcomes.correct, question_ids, confidence_level=level),
        truncated=_truncated(outcomes),
        no_answer=outcomes.answered.count(False),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
    )


def _truncated(outcomes: Outcomes) -> int | None:
    return None if None in outcomes.truncated else outcomes.truncated.count(True)


def _right_although_truncated(outcomes: Outcomes) -> int:
    return sum(
        right and bool(cut) for right, cut in zip(outcomes.correct, outcomes.truncated, strict=True)
    )


def _mean_tokens(outcomes: Outcomes) -> float | None:
    known = [tokens for tokens in outcomes.tokens if tokens is not None]
    return sum(known) / len(known) if len(known) == len(outcomes.tokens) else None


def _intervals(found: PairedGain, outcomes: PairedOutcomes, level: float) -> Intervals:
    """Give the gain's interval by every method; several answers a question have only one."""
    table = found.table
    if found.method != "tango":
        return Intervals(
            tango=None,
            newcombe=None,
            bonett_price=None,
            fay_lumbard=None,
            wald=None,
            bootstrap=clustered(outcomes, level).bootstrap,
        )
    return describe_intervals(table, confidence_level=level)


def _graders(outcomes: PairedOutcomes, task: Task, level: float) -> dict[str, GraderRow]:
    """Give each grader its row, where it graded every answer of both models."""
    base, trained, rows = outcomes.base, outcomes.trained, {}
    for grader, version in task.graders.items():
        if not (base.is_graded(grader) and trained.is_graded(grader)):
            continue
        found = _gain(outcomes, level, grader)
        rows[grader] = GraderRow(
            base=_accuracy(base.right(grader)),
            trained=_accuracy(trained.right(grader)),
            table=found.table,
            gain=found.estimate,
            interval=found.interval,
            exact=found.exact,
            version=version,
        )
    return rows


def _subset(outcomes: PairedOutcomes, seed: int, ids: Sequence[str], level: float) -> SubsetRow:
    inside = set(ids)
    rows = [i for i, question_id in enumerate(outcomes.question_ids) if question_id in inside]
    base, trained = _chosen(outcomes.base, rows), _chosen(outcomes.trained, rows)
    found = paired_gain(
        base, trained, [outcomes.question_ids[i] for i in rows], confidence_level=level
    )
    return SubsetRow(
        seed=seed,
        n=len(inside),
        base=_accuracy(base),
        trained=_accuracy(trained),
        losses=found.table.losses,
        gains=found.table.gains,
        gain=found.estimate,
        interval=found.interval,
        exact=found.exact,
    )


def _chosen(outcomes: Outcomes, rows: Sequence[int]) -> list[bool]:
    correct = outcomes.correct
    return [correct[i] for i in rows]


def _budget(outcomes: PairedOutcomes, budget: int, level: float) -> BudgetRow:
    found = _gain(outcomes, level)
    return BudgetRow(
        max_new_tokens=budget,
        n=len(outcomes.question_ids),
        base=_budget_side(outcomes.base, outcomes.question_ids, level),
        trained=_budget_side(outcomes.trained, outcomes.question_ids, level),
        losses=found.table.losses,
        gains=found.table.gains,
        gain=found.estimate,
        interval=found.interval,
        exact=found.exact,
    )


def _budget_side(outcomes: Outcomes, question_ids: Sequence[str], level: float) -> BudgetSide:
    return BudgetSide(
        accuracy=_accuracy(outcomes.correct),
        truncated=outcomes.truncated.count(True),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
        interval=accuracy_interval(outcomes.correct, question_ids, confidence_level=level),
    )


def _accuracy(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags)


def _truncation(outcomes: PairedOutcomes) -> Truncation:
    base, trained = outcomes.base, outcomes.trained
    if None in base.truncated or None in trained.truncated:
        return Truncation(
            base=_truncated(base), trained=_truncated(trained), table=None, bounds=None
        )
    bounds = truncation_bounds(
        len(outcomes.question_ids),
        base_correct=sum(base.correct),
        base_unfinished=base.truncated.count(True) - _right_although_truncated(base),
        trained_correct=sum(trained.correct),
        trained_unfinished=trained.truncated.count(True) - _right_although_truncated(trained),
    )
    return Truncation(
        base=_truncated(base),
        trained=_truncated(trained),
        table=table_of([bool(t) for t in base.truncated], [bool(t) for t in trained.truncated]),
        bounds=Interval(low=bounds.low, high=bounds.high),
    )


def _power(found: PairedGain, outcomes: PairedOutcomes, design: Design) -> Power:
    """Say what the run could have seen; several answers a question count questions, not rows."""
    if found.method == "tango":
        power = describe_power(found.table, alpha=design.policy.alpha)
        return with_curve(power, found.table, sizes=[len(set(i)) for _, i in design.subsets[:1]])
    several = clustered(outcomes, design.policy.confidence_level)
    return describe_clustered_power(several, alpha=design.policy.alpha)


def _seeds(outcomes: PairedOutcomes, decoding: Decoding | LoggedDecoding, design: Design) -> Seeds:
    samples = sorted(set(outcomes.samples))
    return Seeds(
        root=decoding.seed or 0,  # what the report draws from where a log tells no seed
        subsets=tuple(seed for seed, _ in design.subsets),
        subset_size=len(design.subsets[0][1]) if design.subsets else 0,
        training=design.training_seeds,
        samples=len(samples),
        decisions_by_sample=()
        if len(samples) == 1
        else tuple(_decision_of_sample(outcomes, s, design.policy.alpha) for s in samples),
    )


def _decision_of_sample(outcomes: PairedOutcomes, sample: int, alpha: float) -> str:
    rows = [i for i, s in enumerate(outcomes.samples) if s == sample]
    found = paired_gain(
        _chosen(outcomes.base, rows),
        _chosen(outcomes.trained, rows),
        [outcomes.question_ids[i] for i in rows],
    )
    if found.exact > alpha:
        return "inconclusive"
    return "improved" if found.estimate > 0 else "regressed"
