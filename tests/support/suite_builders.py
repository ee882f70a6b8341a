"""Suites to judge and to report on: one pair on several tasks whose tables are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from report_builders import built

from evalsuite.comparing.groups.suite import suite_of
from evalsuite.records.comparison import Comparison, Gain, Interval, McNemar, Table
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import in_english
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.verdict.groups.suite import judge_tasks
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Counts = tuple[int, int, int]
"""Losses, gains and questions of a task."""

TASKS = ("adding", "taking", "sharing", "counting", "halving")
_PLAIN: list[Comparison] = []


def plain_part(counts: Counts, task: str, level: float = 0.95) -> Comparison:
    """Make a comparison of counts alone: nothing of how answers ended, no budgets, no graders."""
    if not _PLAIN:
        part = built(budgets=(), subsets=0)[0]
        _PLAIN.append(
            replace(part, graders={}, attribution=None, made_of=None, checks=(), verdict=None)
        )
    losses, gains, n = counts
    interval = tango_interval(losses, gains, n, level)
    exact = mcnemar(losses, gains).pvalue
    sides = {
        side: replace(getattr(_PLAIN[0], side), correct=right, n=n, accuracy=right / n)
        for side, right in (("base", n - gains), ("trained", n - losses))
    }
    return replace(
        _PLAIN[0],
        **sides,
        task=task,
        table=Table(both=(n - losses - gains), losses=losses, gains=gains, neither=0),
        gain=Gain(
            estimate=(gains - losses) / n,
            interval=Interval(low=interval.low, high=interval.high),
            confidence_level=level,
            method="tango",
        ),
        mcnemar=McNemar(exact=exact, mid_p=exact),
    )


def suite_of_parts(
    parts: Sequence[Comparison],
    policy: Policy | None = None,
    *,
    base_only: tuple[str, ...] = (),
) -> SuiteComparison:
    """Judge parts as the command does."""
    policy = policy or Policy()
    suite = suite_of(
        parts,
        alpha=policy.alpha,
        confidence_level=policy.confidence_level,
        base_only=base_only,
    )
    judged, suite = judge_tasks(parts, suite, policy)
    names = {"names": ["base", "trained"], "tasks": [part.task for part in parts]}
    record = SuiteComparison(
        suite=suite,
        headline_set="full",
        comparisons=judged,
        provenance={"evalsuite": "0.1.0", **names},
    )
    return replace(record, verdict=judge(record, policy))


def suite_of_counts(
    tables: Sequence[Counts], policy: Policy | None = None, *, base_only: tuple[str, ...] = ()
) -> SuiteComparison:
    """Judge a suite of losses, gains and questions."""
    names = [name + suffix for suffix in ("", *map(str, range(2, 9))) for name in TASKS]
    parts = [plain_part(counts, name) for counts, name in zip(tables, names, strict=False)]
    return in_english(suite_of_parts(parts, policy, base_only=base_only))


def suite_of_answers(
    tables: Sequence[tuple[int, int, int, int]], *, tasks: Sequence[str] = TASKS
) -> SuiteComparison:
    """Judge a suite of tasks that were really graded, with budgets, checks and provenance."""
    parts = [
        replace(built(table)[0], task=f"{task} test", verdict=None)
        for table, task in zip(tables, tasks, strict=False)
    ]
    return in_english(suite_of_parts(parts))


def drawn(
    chances: Sequence[tuple[float, float]], sizes: Sequence[int], rng: np.random.Generator
) -> list[Counts]:
    """Draw losses and gains of every task from its two chances."""
    counts: list[Counts] = []
    for (loss, gain), n in zip(chances, sizes, strict=True):
        cells: NDArray[np.int64] = rng.multinomial(n, [loss, gain, 1 - loss - gain])
        counts.append((int(cells[0]), int(cells[1]), n))
    return counts
