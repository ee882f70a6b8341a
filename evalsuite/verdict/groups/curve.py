"""Rules of a curve: from which checkpoint of one training a gain over base is established.

A checkpoint's gain or loss is established where its simultaneous band and its Holm-adjusted test
both say so, and its own verdict does not take it back. All such claims hold at once, so "first",
"from here on" and "best" need no further allowance.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.records.verdict import NARROWED, Remark, Statement, Verdict
from evalsuite.verdict.evidence import blocking_reason
from evalsuite.verdict.groups.family import is_doubtful

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.groups.curve import CurveComparison, StepRow
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = ["rules_of_curve", "with_decisions"]

_TAKEN_BACK = ("invalid", *NARROWED)
"""Verdicts of a checkpoint that its band can't overrule."""


def rules_of_curve(comparison: CurveComparison, policy: Policy) -> Verdict:
    """Decide what the checkpoints show together."""
    decision = _decision(comparison, policy)
    fall = None if decision == "invalid" else _largest_fall(comparison, policy)
    doubts = 0 if decision == "invalid" else _doubts(comparison)
    holds: dict[Qualifier, bool] = {"falls_later": fall is not None, "doubtful": doubts > 0}
    return Verdict(
        decision=decision,
        qualifiers=tuple(name for name, is_true in holds.items() if is_true),
        headline="",
        statements=tuple(_statements(comparison, policy, decision)),
        remarks=tuple(_remarks(comparison, decision, fall, doubts)),
        scope="checkpoint",
        policy=replace(policy, family=max(policy.family, len(comparison.comparisons))),
    )


def with_decisions(comparison: CurveComparison, policy: Policy) -> CurveComparison:
    """Write beside every checkpoint what the rules count it as."""
    words: dict[int, Decision] = {1: "improved", -1: "regressed", 0: "inconclusive"}
    rows = tuple(
        replace(row, decision=_taken_back(comparison, i) or words[sign])
        for i, (row, sign) in enumerate(
            zip(comparison.curve.steps, _established(comparison, policy), strict=True)
        )
    )
    return replace(comparison, curve=replace(comparison.curve, steps=rows))


def _established(comparison: CurveComparison, policy: Policy) -> tuple[int, ...]:
    """Say of every checkpoint whether a gain (1) or a loss (-1) over base is established, or none.

    In order of step.
    """
    return tuple(
        0 if _taken_back(comparison, i) else _sign(row, policy)
        for i, row in enumerate(comparison.curve.steps)
    )


def _largest_fall(comparison: CurveComparison, policy: Policy) -> int | None:
    """Find the checkpoint from which the last one fell the most, among established falls."""
    rows = comparison.curve.steps
    fallen = [
        i
        for i, row in enumerate(rows)
        if row.fall and row.fall.interval.high < 0 and row.fall.adjusted <= policy.alpha
    ]
    return min(fallen, key=lambda i: rows[i].fall.gain, default=None)  # type: ignore[union-attr]  # filtered


def _sign(row: StepRow, policy: Policy) -> int:
    if row.adjusted > policy.alpha:
        return 0
    return 1 if row.interval.low > 0 else -1 if row.interval.high < 0 else 0


def _taken_back(comparison: CurveComparison, i: int) -> Decision | None:
    verdict = comparison.comparisons[i].verdict
    is_back = verdict is not None and verdict.decision in _TAKEN_BACK
    return verdict.decision if verdict is not None and is_back else None


def _decision(comparison: CurveComparison, policy: Policy) -> Decision:
    verdicts = [part.verdict for part in comparison.comparisons]
    if all(v is not None and v.decision == "invalid" for v in verdicts):
        return "invalid"
    signs = _established(comparison, policy)
    if 1 in signs and -1 in signs:
        return "mixed"
    return "improved" if 1 in signs else "regressed" if -1 in signs else "inconclusive"


def _statements(
    comparison: CurveComparison, policy: Policy, decision: Decision
) -> Iterator[Statement]:
    if decision == "invalid":
        checks = comparison.comparisons[0].checks
        yield Statement(key="curve.invalid", values={"reason": blocking_reason(checks)})
        return
    rows, signs = comparison.curve.steps, _established(comparison, policy)
    losses = [i for i, sign in enumerate(signs) if sign == -1]
    values = {"n": len(rows)}
    if 1 in signs:
        yield _gains(comparison, signs)
    elif not losses:
        yield Statement(
            key="curve.none", values=values | _values(comparison, comparison.curve.best)
        )
    if losses:
        lowest = min(losses, key=lambda i: rows[i].gain)
        values |= {"k": len(losses), "first": rows[losses[0]].step}
        yield Statement(key="curve.below", values=values | _values(comparison, lowest))


def _gains(comparison: CurveComparison, signs: tuple[int, ...]) -> Statement:
    """Say from where the gain is established, whether it stays so to the last, and the largest."""
    curve = comparison.curve
    gains = [i for i, sign in enumerate(signs) if sign == 1]
    best = max(gains, key=lambda i: curve.steps[i].gain)
    values: dict[str, Any] = {
        "first": curve.steps[gains[0]].step,
        "k": len(gains),
        "n": len(signs),
        # where the largest gain is not established, the best of those that are is named
        "which": Statement(
            key="curve.best_of_all" if best == curve.best else "curve.best_of_these",
            values={"n": len(signs), "k": len(gains)},
        ),
    }
    until_the_last = all(sign == 1 for sign in signs[gains[0] :])
    key = "curve.from" if until_the_last else "curve.first"
    return Statement(key=key, values=values | _values(comparison, best))


def _values(comparison: CurveComparison, i: int) -> dict[str, Any]:
    row = comparison.curve.steps[i]
    return {
        "step": row.step,
        "gain": row.gain,
        "low": row.interval.low,
        "high": row.interval.high,
        "level": comparison.curve.confidence_level,
    }


def _remarks(
    comparison: CurveComparison, decision: Decision, fall: int | None, doubts: int
) -> Iterator[Remark]:
    if decision == "invalid":
        return
    if fall is not None:
        yield Remark(code="falls_later", statement=_fall(comparison, fall))
    if doubts:
        values = {"k": doubts, "n": len(comparison.comparisons)}
        yield Remark(code="doubtful", statement=Statement(key="models.doubtful", values=values))
    k = sum(_taken_back(comparison, i) is not None for i in range(len(comparison.comparisons)))
    if k:
        values = {"k": k, "n": len(comparison.comparisons)}
        yield Remark(code="taken_back", statement=Statement(key="curve.taken_back", values=values))


def _doubts(comparison: CurveComparison) -> int:
    verdicts = [part.verdict for part in comparison.comparisons]
    return sum(verdict is not None and is_doubtful(verdict) for verdict in verdicts)


def _fall(comparison: CurveComparison, i: int) -> Statement:
    """State the fall since a checkpoint, beside what the reward did meanwhile."""
    rows = comparison.curve.steps
    row, last = rows[i], rows[-1]
    fall = row.fall
    values: dict[str, Any] = {
        "step": row.step,
        "last": last.step,
        "size": 0.0 if fall is None else -fall.gain,
        "size_low": 0.0 if fall is None else -fall.interval.high,
        "size_high": 0.0 if fall is None else -fall.interval.low,
        "level": comparison.curve.confidence_level,
        "reward": row.reward,
        "last_reward": last.reward,
        "averaged": comparison.curve.rewards_averaged,
    }
    if row.reward is None or last.reward is None:
        return Statement(key="curve.falls", values=values)
    rose = last.reward > row.reward
    return Statement(
        key="curve.falls_reward_up" if rose else "curve.falls_with_reward", values=values
    )
