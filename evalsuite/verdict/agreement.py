"""Agreement of a stored verdict with the numbers stored beside it.

A results.json may have been edited, or come from rules of another time. Whoever acts on its
verdict, as a gate does, first judges again from the table, the interval and the checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.several.stratified import mean_of_strata, stratum_of
from evalsuite.verdict.groups.suite import adjusted_mean, mean_decision, mean_sign
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.judged import Judged

__all__ = ["refuse_contradictions"]

_ROUNDING = 1e-6
"""Relative; the same numbers come from another machine's library of functions."""


def refuse_contradictions(judged: Judged, *, origin: str) -> None:
    """Refuse a comparison or group whose verdict its own numbers do not give; parts included.

    Raises InvalidInputError, naming what is stored and what follows.
    """
    for record in (*(part for part in judged.parts if part is not judged), judged):
        for contradiction in _contradictions(record):
            raise InvalidInputError(
                "{origin} contradicts itself: {contradiction}; compare the runs again, which "
                "generates nothing: evalsuite compare",
                origin=origin,
                contradiction=contradiction,
            )


def _contradictions(record: Judged) -> Iterator[Clause]:
    if isinstance(record, Comparison):
        yield from _sums(record)
        yield from _test(record)
    if isinstance(record, CurveComparison):
        yield from _steps(record)
    if isinstance(record, SuiteComparison):
        yield from _tasks(record)
    verdict = record.verdict
    if verdict is None:
        return
    again = judge(record, verdict.policy).decision
    if again != verdict.decision:
        yield Clause(
            "its verdict is {decision}, and its numbers and checks give {again}",
            decision=verdict.decision,
            again=again,
        )


def _sums(comparison: Comparison) -> Iterator[Clause]:
    """Hold the table against the sides and the gain, where whole answers were counted."""
    table, sides = comparison.table, (comparison.base, comparison.trained)
    if table.n == 0:
        yield Clause("its table holds no question")
        return
    if min(table.both, table.losses, table.gains, table.neither) < 0:
        yield Clause("its table holds a negative count")
    # A gain that is no count of questions, such as a mean of partial scores, has another method.
    if not _is_counted(comparison):
        return
    right = table.both + table.losses, table.both + table.gains
    if tuple(side.correct for side in sides) != right:
        yield Clause(
            "base and trained have {base} and {trained} right, and its table gives {base_right} "
            "and {trained_right}",
            base=sides[0].correct,
            trained=sides[1].correct,
            base_right=right[0],
            trained_right=right[1],
        )
    gain = (table.gains - table.losses) / table.n
    if not _close(comparison.gain.estimate, gain):
        yield Clause(
            "its gain is {estimate:.6g}, and its table gives {gain:.6g}",
            estimate=comparison.gain.estimate,
            gain=gain,
        )


def _test(comparison: Comparison) -> Iterator[Clause]:
    """Hold the p-value against the table, and the family's against the p-value."""
    exact, verdict = comparison.mcnemar.exact, comparison.verdict
    if _is_counted(comparison):
        again = mcnemar(comparison.table.losses, comparison.table.gains).pvalue
        if not _close(exact, again):
            yield Clause(
                "its exact p is {exact:.6g}, and its table gives {again:.6g}",
                exact=exact,
                again=again,
            )
    adjusted = None if verdict is None else verdict.policy.adjusted_pvalue
    if adjusted is not None and adjusted < exact * (1 - _ROUNDING):
        yield Clause(
            "its p adjusted for a family is {adjusted:.6g}, below the unadjusted {exact:.6g}",
            adjusted=adjusted,
            exact=exact,
        )


def _steps(record: CurveComparison) -> Iterator[Clause]:
    """Hold every step of a curve against its own comparison, whose table was held already."""
    for row, part in zip(record.curve.steps, record.comparisons, strict=True):
        if not _close(row.gain, part.gain.estimate):
            yield Clause(
                "step {step} gains {gain:.6g}, and its table {estimate:.6g}",
                step=row.step,
                gain=row.gain,
                estimate=part.gain.estimate,
            )
        if _is_counted(part) and not _close(row.exact, part.mcnemar.exact):
            exact = part.mcnemar.exact
            yield Clause(
                "step {step} has exact p {exact:.6g}, and its table {again:.6g}",
                step=row.step,
                exact=row.exact,
                again=exact,
            )
        if row.adjusted < row.exact * (1 - _ROUNDING):
            yield Clause(
                "step {step} has an adjusted p below its exact {exact:.6g}",
                step=row.step,
                exact=row.exact,
            )
        if not row.interval.low <= row.gain <= row.interval.high:
            yield Clause(
                "step {step} gains {gain:.6g}, outside its own interval",
                step=row.step,
                gain=row.gain,
            )


def _tasks(record: SuiteComparison) -> Iterator[Clause]:
    """Hold mean, lowest task and test of equal gains against the tasks, which were held already."""
    suite, parts = record.suite, record.comparisons
    strata = [stratum_of(part.gain, part.table) for part in parts]
    again = mean_of_strata(strata, confidence_level=suite.confidence_level)
    stored = {
        Clause("mean gain"): (suite.mean.gain, again.estimate),
        Clause("mean's p"): (suite.mean.exact, again.pvalue),
        Clause("mean's lower end"): (suite.mean.interval.low, again.interval.low),
        Clause("mean's upper end"): (suite.mean.interval.high, again.interval.high),
        Clause("lowest gain"): (suite.lowest.gain, min(part.gain.estimate for part in parts)),
        Clause("lowest task's gain"): (
            suite.lowest.gain,
            parts[suite.lowest.position].gain.estimate,
        ),
    }
    if suite.mean.adjusted is not None:
        stored[Clause("mean's adjusted p")] = (suite.mean.adjusted, adjusted_mean(parts, suite))
    if again.equal_gains is not None:
        stored[Clause("p of equal gains")] = (suite.heterogeneity.pvalue, again.equal_gains.pvalue)
    if record.verdict is not None:
        policy = record.verdict.policy
        word = mean_decision(suite.mean, mean_sign(parts, suite.mean, policy), policy)
        if suite.mean.decision not in (None, word):
            yield Clause(
                "its mean is decided {decision}, and its tasks give {word}",
                decision=suite.mean.decision,
                word=word,
            )
    for name, (value, from_tasks) in stored.items():
        if not _close(value, from_tasks):
            yield Clause(
                "its {name} is {value:.6g}, and its tasks give {from_tasks:.6g}",
                name=name,
                value=value,
                from_tasks=from_tasks,
            )


def _is_counted(comparison: Comparison) -> bool:
    """Return whether the table alone gives gain and p-value: one sample, one fixed look."""
    return comparison.gain.method == "tango" and comparison.seeds.samples == 1


def _close(stored: float, again: float) -> bool:
    return abs(stored - again) <= _ROUNDING * max(abs(again), _ROUNDING)
