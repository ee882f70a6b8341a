"""Twins: the same pair on the same questions in other words, which no training has had.

A gain that the words carry, learned by heart or by the test's phrases, is smaller there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.asking.session import plan_session
from evalsuite.comparing.decodings import twin_row
from evalsuite.errors import InvalidInputError
from evalsuite.verdict.checks import Finding, state
from evalsuite.verdict.qualifiers import is_established

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.plan import FinishedRun, PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import TwinRow
    from evalsuite.records.verdict import CheckLevel, Policy

    Pair = tuple[PlannedRun, PlannedRun]

__all__ = ["plan_twins", "with_twins"]

_LEVELS: dict[bool | None, CheckLevel] = {True: "passed", False: "warning", None: "not_applicable"}


def plan_twins(names: Sequence[str], models: Sequence[PlannedRun], spec: CompareSpec) -> Pair:
    """Plan the runs of both models on the twins of the headline's questions.

    Raises
    ------
    InvalidInputError
        For another task, another split than its test, or stored answers.
    """
    for planned in models:
        task, split = planned.selection.task, planned.selection.split
        if (task, split) != ("embedded", "test"):
            raise InvalidInputError(
                "--twins words generated problems afresh, and {task} {split} has none; leave it "
                "out, or use --task embedded",
                task=task,
                split=split,
            )
        if planned.is_stored:
            raise InvalidInputError(
                "{model} is a stored {source} and can't be asked again; leave out --twins, or "
                "name the model",
                model=planned.model.name,
                source=planned.model.source,
            )
    asked = replace(spec, task="embedded", split="twins", data=None, twins=False)
    base, trained = plan_session(tuple(names), asked)
    return base, trained


def with_twins(
    comparison: Comparison,
    pair: tuple[FinishedRun, FinishedRun],
    twins: tuple[FinishedRun, FinishedRun],
    spec: CompareSpec,
) -> Comparison:
    """Set the gain on the twins beside the gain, with a check; the verdict stays as it is."""
    headline, worded = ((base.table, trained.table) for base, trained in (pair, twins))
    row = twin_row(headline, worded, spec.policy.confidence_level)
    holds = _holds(row, comparison, spec.policy)
    finding = Finding(holds, "unshown" if holds is None else "", _values(row, comparison))
    check = state("EVS055", _LEVELS[holds], finding)
    checks = sorted((*comparison.checks, check), key=lambda each: each.code)
    return replace(comparison, twins=row, checks=tuple(checks))


def _holds(row: TwinRow, comparison: Comparison, policy: Policy) -> bool | None:
    """Judge a gain that was shown, by a gain on the twins that was shown; else None.

    Not to have been shown smaller is no finding by itself: few questions show nothing.
    """
    shown = comparison.mcnemar.exact <= policy.alpha and comparison.gain.interval.low > 0
    if not shown:
        return None
    if is_established(row.difference, policy) and row.difference.gain < 0:
        return False
    return True if row.exact <= policy.alpha and row.interval.low > 0 else None


def _values(row: TwinRow, comparison: Comparison) -> dict[str, Any]:
    return {
        "gain": comparison.gain.estimate,
        "twin": row.gain,
        "low": row.interval.low,
        "high": row.interval.high,
        "difference": row.difference.gain,
        "difference_low": row.difference.interval.low,
        "difference_high": row.difference.interval.high,
        "base": row.base,
        "trained": row.trained,
    }
