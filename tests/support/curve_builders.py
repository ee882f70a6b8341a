"""Curves to judge and to report on: checkpoints of one training with answers that are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from report_builders import built, training_log

from evalsuite.comparing.groups.curve import curve_of_rows
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import in_english
from evalsuite.verdict.groups.curve import with_decisions
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.training import TrainingLog

Table = tuple[int, int, int, int]


def answers(table: Table) -> tuple[list[int], list[int]]:
    """Lay out base and trained of a paired table."""
    both, losses, gains, neither = table
    base = [1] * (both + losses) + [0] * (gains + neither)
    return base, [1] * both + [0] * losses + [1] * gains + [0] * neither


def curve_comparison(
    base: Sequence[int],
    checkpoints: Sequence[Sequence[int]],
    steps: Sequence[int],
    parts: Sequence[Comparison],
    *,
    policy: Policy | None = None,
    training: TrainingLog | None = None,
) -> CurveComparison:
    """Judge checkpoints by their right answers; ``parts`` are their comparisons, judged or not."""
    policy = policy or Policy()
    curve = curve_of_rows(
        np.array(base, dtype=np.float64),
        np.array(checkpoints, dtype=np.float64),
        steps,
        names=("base", *(f"checkpoint-{step}" for step in steps)),
        alpha=policy.alpha,
        training=training,
    )
    compared = CurveComparison(
        task="embedded test",
        headline_budget=64,
        headline_set="full",
        curve=curve,
        training=training,
        provenance={"evalsuite": "0.1.0", "pattern": "path:out/checkpoint-*"},
        comparisons=tuple(parts),
    )
    compared = with_decisions(compared, policy)
    return replace(compared, verdict=judge(compared, policy))


def curve_of_tables(
    tables: Sequence[Table], steps: Sequence[int], *, training: TrainingLog | None = None
) -> CurveComparison:
    """Judge checkpoints by their paired tables with one base, as the command does."""
    parts = [
        built(table, names=("base", f"checkpoint-{step}"), training=training)[0]
        for table, step in zip(tables, steps, strict=True)
    ]
    sides = [answers(table) for table in tables]
    assert all(base == sides[0][0] for base, _ in sides)
    return in_english(
        curve_comparison(
            sides[0][0],
            [trained for _, trained in sides],
            steps,
            judge_together(parts, Policy()),
            training=training,
        )
    )


RISING: tuple[Table, ...] = ((40, 4, 4, 52), (40, 4, 30, 26), (40, 4, 44, 12))


def rising(*, steps: Sequence[int] = (4, 8, 12), logged: bool = True) -> CurveComparison:
    """Judge three checkpoints, of which the later two gain."""
    return curve_of_tables(RISING, steps, training=training_log() if logged else None)


def null_claims(
    *, trainings: int, steps: int, n: int, step_noise: float
) -> tuple[float, float, float]:
    """Simulate trainings that change nothing and judge each by the rules of a curve.

    Every question has a chance of its own; each checkpoint answers a share ``step_noise`` of them
    anew. Gives the shares of trainings with a gain, with any claim, and with a fall.
    """
    part = replace(built()[0], verdict=None)
    at = tuple(range(10, 10 * steps + 10, 10))
    gains = claims = falls = 0
    for seed in range(trainings):
        rng = np.random.default_rng(seed)
        chance = rng.random(n)
        base, shared = rng.random((2, n)) < chance
        fresh = rng.random((steps, n)) < chance
        checkpoints = np.where(rng.random((steps, n)) < step_noise, fresh, shared)
        record = curve_comparison(base.tolist(), checkpoints.tolist(), at, [part] * steps)
        assert record.verdict is not None
        keys = {statement.key for statement in record.verdict.statements}
        gains += bool(keys & {"curve.from", "curve.first"})
        claims += record.verdict.decision != "inconclusive"
        falls += bool(record.verdict.qualifiers)
    return gains / trainings, claims / trainings, falls / trainings
