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
from evalsuite.comparing.pairing import pair_runs
from evalsuite.comparing.power_curve import with_curve
from evalsuite.comparing.summary import describe_clustered_power, describe_intervals, describe_power
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
from evalsuite.tasks.grading import GRADER_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.paired import Outcomes, PairedOutcomes
    from evalsuite.records.run import Run

__all__ = ["Design", "compare_runs"]


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
    """Compare two finished runs.

    Parameters
    ----------
    base, trained
        Complete runs over the same questions, generated at the largest budget or above.
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
        If the runs do not hold the same questions and samples.
    InvalidInputError
        If a log without token ends is to be cut.
    """
    budget = design.headline_budget or max(design.budgets, default=None)
    headline = pair_runs(base, trained, budget)
    level = design.policy.confidence_level
    found = _gain(headline, level)
    return Comparison(
        task=f"{base.spec.task} {base.spec.split}".strip(),
        headline_budget=budget or base.spec.decoding.max_new_tokens,
        headline_set=design.headline_set,
        base=_side(base.spec.model.name, headline.base, headline.question_ids, level),
        trained=_side(trained.spec.model.name, headline.trained, headline.question_ids, level),
        table=found.table,
        gain=Gain(
            estimate=found.estimate,
            interval=found.interval,
            confidence_level=level,
            method=found.method,
        ),
        mcnemar=McNemar(exact=found.exact, mid_p=found.mid_p),
        intervals=_intervals(found, headline, level),
        graders=_graders(headline, level),
        subsets=tuple(_subset(headline, seed, ids, level) for seed, ids in design.subsets),
        budgets=tuple(_budget(base, trained, b, level) for b in sorted(design.budgets)),
        attribution=attribute(headline, confidence_level=level),
        truncation=_truncation(headline),
        power=_power(found, headline, design),
        seeds=_seeds(headline, base, design),
        training=training,
        diagnostics=diagnose(headline, found.table, design.policy)
        | _calculations(base, trained, budget),
    )


def _calculations(base: Run, trained: Run, budget: int | None) -> dict[str, Any]:
    sides = {"base": calculations_of(base, budget), "trained": calculations_of(trained, budget)}
    return {"calculations": sides} if all(sides.values()) else {}


def _gain(outcomes: PairedOutcomes, level: float, grader: str = "strict") -> PairedGain:
    return paired_gain(
        getattr(outcomes.base, grader),
        getattr(outcomes.trained, grader),
        outcomes.question_ids,
        confidence_level=level,
    )


def _side(name: str, outcomes: Outcomes, question_ids: tuple[str, ...], level: float) -> Side:
    n, correct = len(outcomes.strict), sum(outcomes.strict)
    return Side(
        name=name,
        correct=correct,
        n=n,
        accuracy=correct / n,
        interval=accuracy_interval(outcomes.strict, question_ids, confidence_level=level),
        truncated=_truncated(outcomes),
        no_answer=outcomes.answered.count(False),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
    )


def _truncated(outcomes: Outcomes) -> int | None:
    return None if None in outcomes.truncated else outcomes.truncated.count(True)


def _right_although_truncated(outcomes: Outcomes) -> int:
    return sum(
        right and bool(cut) for right, cut in zip(outcomes.strict, outcomes.truncated, strict=True)
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


def _graders(outcomes: PairedOutcomes, level: float) -> dict[str, GraderRow]:
    rows = {}
    for grader, version in GRADER_VERSIONS.items():
        found = _gain(outcomes, level, grader)
        rows[grader] = GraderRow(
            base=_accuracy(getattr(outcomes.base, grader)),
            trained=_accuracy(getattr(outcomes.trained, grader)),
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
    base = [outcomes.base.strict[i] for i in rows]
    trained = [outcomes.trained.strict[i] for i in rows]
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


def _budget(base: Run, trained: Run, budget: int, level: float) -> BudgetRow:
    outcomes = pair_runs(base, trained, budget)
    found = _gain(outcomes, level)
    return BudgetRow(
        max_new_tokens=budget,
        n=len(outcomes.question_ids),
        base=_budget_side(outcomes.base),
        trained=_budget_side(outcomes.trained),
        losses=found.table.losses,
        gains=found.table.gains,
        gain=found.estimate,
        interval=found.interval,
        exact=found.exact,
    )


def _budget_side(outcomes: Outcomes) -> BudgetSide:
    return BudgetSide(
        accuracy=_accuracy(outcomes.strict),
        truncated=outcomes.truncated.count(True),
        right_although_truncated=_right_although_truncated(outcomes),
        mean_tokens=_mean_tokens(outcomes),
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
        base_correct=sum(base.strict),
        base_unfinished=base.truncated.count(True) - _right_although_truncated(base),
        trained_correct=sum(trained.strict),
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


def _seeds(outcomes: PairedOutcomes, base: Run, design: Design) -> Seeds:
    samples = sorted(set(outcomes.samples))
    return Seeds(
        root=base.spec.decoding.seed,
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
        [outcomes.base.strict[i] for i in rows],
        [outcomes.trained.strict[i] for i in rows],
        [outcomes.question_ids[i] for i in rows],
    )
    if found.exact > alpha:
        return "inconclusive"
    return "improved" if found.estimate > 0 else "regressed"
