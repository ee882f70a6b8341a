"""Suites: one pair on several tasks, and what the tasks show together."""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison, GainRow, HeadlineSet, Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.family import Group
from evalsuite.records.verdict import Check, Decision, Verdict  # noqa: TC001  pydantic reads the annotation

__all__ = ["Heterogeneity", "LowestTask", "MeanGain", "Suite", "SuiteComparison"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanGain(GainRow):
    """The plain mean of the tasks' gains: each task counts once, whatever its size.

    The interval is of these tasks on new questions; ``exact`` is Student's two-sided p-value.
    """

    standard_error: float
    degrees_of_freedom: float
    adjusted: float | None = None
    """Holm-adjusted, as one more claim beside those of the tasks; None where nothing was judged."""
    decision: Decision | None = None
    """``improved`` or ``regressed`` where the adjusted test establishes it and no task differs in
    form or within its budget only, ``suggestive`` where the test alone does, else ``inconclusive``;
    None where nothing was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Test of one and the same gain on all tasks: Welch's F."""

    statistic: float
    numerator: int
    """Degrees of freedom."""
    denominator: float
    pvalue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LowestTask:
    """The task with the lowest gain, whose interval allows for its having been picked."""

    position: int
    """In ``comparisons``."""
    gain: float
    interval: Interval
    confidence_level: float
    """Of the interval, by Bonferroni over the tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Numbers over all tasks, each at its own headline budget by its own deciding grader."""

    base: str
    trained: str
    n_questions: int
    """Over all tasks."""
    mean: MeanGain
    heterogeneity: Heterogeneity
    lowest: LowestTask
    confidence_level: float
    """Of the mean's interval and of each task's own: it is shown and not adjusted."""
    base_only: tuple[str, ...] = ()
    """Tasks left out because only base answered them."""
    trained_only: tuple[str, ...] = ()
    """Likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteComparison(Group):
    """Everything that one pair showed on several tasks; written as ``results.json``."""

    schema: int = 2
    suite: Suite
    headline_set: HeadlineSet
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...]
    """One a task, in the order in which they were named, judged with Holm over all and the mean."""

    parts_name: ClassVar[str] = "tasks"

    def __post_init__(self) -> None:
        """Check that there are several tasks, all different: a file may come from outside."""
        tasks = self.tasks
        is_in = 0 <= self.suite.lowest.position < len(tasks)
        if len(tasks) < 2 or len(set(tasks)) < len(tasks) or not is_in:
            raise InvalidInputError(
                "a suite of the tasks {tasks}, the lowest at {lowest}; compare two different "
                "tasks or more again",
                tasks=", ".join(tasks),
                lowest=self.suite.lowest.position,
            )

    @property
    def tasks(self) -> tuple[str, ...]:
        """Name and split of each task."""
        return tuple(comparison.task for comparison in self.comparisons)

    @property
    def task(self) -> str:
        """Every task in one line."""
        return ", ".join(self.tasks)

    @property
    def headline_budget(self) -> int | None:
        """The budget of every verdict where all tasks have one; None where they differ."""
        budgets = {comparison.headline_budget for comparison in self.comparisons}
        return budgets.pop() if len(budgets) == 1 else None

    @property
    def base_name(self) -> str:
        """Name of the model before training."""
        return self.suite.base

    @property
    def trained_name(self) -> str:
        """Name of the model after training."""
        return self.suite.trained
