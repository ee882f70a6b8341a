"""Suites: one pair on several tasks, planned, run, compared and judged as one.

Tasks are named (``--task``), or they are those that the logs or recorded runs of both sides hold.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from glob import has_magic
from typing import TYPE_CHECKING

from evalsuite.asking.combinations import refuse_combinations
from evalsuite.asking.groups.task_names import OneSided, shared_tasks
from evalsuite.asking.ledger import refuse_looks
from evalsuite.asking.session import compare_planned, plan_session
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, NotComparableError
from evalsuite.records.comparison import SIDES
from evalsuite.records.dataclass import dataclass
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.asking.groups.task_names import TaskNames
    from evalsuite.asking.plan import FinishedRun, PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.suite import SuiteComparison

    Pair = tuple[PlannedRun, PlannedRun]
    FinishedPair = tuple[FinishedRun, FinishedRun]

__all__ = ["SuitePlan", "compare_suite", "plan_suite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """The tasks of one pair, and what must be done for each."""

    names: tuple[str, str]
    """As typed, base first."""
    tasks: tuple[str, ...]
    pairs: tuple[Pair, ...]
    """Base and trained of each task."""
    one_sided: OneSided

    @property
    def models(self) -> tuple[PlannedRun, ...]:
        """Base on every task, then trained on every task: a model is asked all before the next."""
        bases, trained = zip(*self.pairs, strict=True)
        return (*bases, *trained)

    def paired(self, runs: Sequence[FinishedRun]) -> tuple[FinishedPair, ...]:
        """Put finished runs, in the order of ``models``, together by task."""
        n = len(self.tasks)
        return tuple(zip(runs[:n], runs[n:], strict=True))


def plan_suite(sides: tuple[TaskNames, ...], spec: CompareSpec) -> SuitePlan | None:
    """Find out whether names and options mean several tasks, and plan each of them.

    ``sides`` are the names, base first. None where one task is meant, or nothing says that there
    are several.

    Raises
    ------
    NotComparableError
        For tasks that one side alone holds, unless that was allowed.
    EvalsuiteError
        For options that don't go with several tasks, and whatever a task's own plan raises.
    """
    if not spec.tasks and (spec.task is not None or all(len(side.tasks) < 2 for side in sides)):
        return None
    _refuse_other_sides(sides)
    refuse_combinations(spec, "tasks")
    base, trained = sides
    tasks, one_sided = shared_tasks(base, trained, spec)
    if len(tasks) < 2:
        raise NotComparableError(
            "the two sides share only the task {task}; compare it alone, with --task {task}",
            task=tasks[0],
        )
    pairs = tuple(_planned(task, sides, spec) for task in tasks)
    _refuse_other_models(pairs)
    return SuitePlan(names=(base.name, trained.name), tasks=tasks, pairs=pairs, one_sided=one_sided)


def _planned(task: str, sides: tuple[TaskNames, ...], spec: CompareSpec) -> Pair:
    names = tuple(side.name_of(task) for side in sides)
    logs = {i: log for i, side in enumerate(sides) if (log := side.logs.get(task)) is not None}
    own = replace(spec, task=task, tasks=())
    with _about(task):
        base, trained = plan_session(names, own, logs=logs)
    return base, trained


def compare_suite(
    plan: SuitePlan, runs: Sequence[FinishedRun], spec: CompareSpec
) -> SuiteComparison:
    """Compare the pair on every task and judge; ``runs`` are finished, in the order of the plan.

    Raises
    ------
    NotComparableError
        If the runs of a task hold different questions.
    InvalidInputError
        Where a task was looked at before all its questions were answered.
    """
    from evalsuite.comparing.groups.suite import suite_of
    from evalsuite.records.groups.suite import SuiteComparison
    from evalsuite.verdict.groups.suite import judge_tasks
    from evalsuite.verdict.judge import judge

    pairs = plan.paired(runs)
    for task, pair in zip(plan.tasks, pairs, strict=True):
        refuse_looks(pair, spec, f"task {task}: this pair", "a suite")
    parts = tuple(_compared(*each, spec) for each in zip(plan.tasks, pairs, strict=True))
    suite = suite_of(
        parts,
        alpha=spec.policy.alpha,
        confidence_level=spec.policy.confidence_level,
        base_only=plan.one_sided.base,
        trained_only=plan.one_sided.trained,
    )
    parts, suite = judge_tasks(parts, suite, spec.policy)
    compared = SuiteComparison(
        suite=suite,
        headline_set=parts[0].headline_set,
        provenance={"evalsuite": __version__, "names": plan.names, "tasks": plan.tasks},
        comparisons=parts,
    )
    return replace(compared, verdict=judge(compared, spec.policy))


def _compared(task: str, pair: FinishedPair, spec: CompareSpec) -> Comparison:
    base, trained = pair
    with _about(task):
        return compare_planned(base, trained, spec)


@contextmanager
def _about(task: str) -> Iterator[None]:
    """Say of which task an error is."""
    try:
        yield
    except EvalsuiteError as error:
        raise type(error)(Clause("task {task}: {error}", task=task, error=error)) from error


def _refuse_other_sides(sides: tuple[TaskNames, ...]) -> None:
    """Refuse what is not one pair of models."""
    if len(sides) != 2:
        raise InvalidInputError(
            "several tasks of {n_trained} trained models are too many at once; give one TRAINED, "
            "or choose one task with --task",
            n_trained=len(sides) - 1,
        )
    patterns = [side.name for side in sides if side.is_open and has_magic(side.name)]
    if patterns:
        raise InvalidInputError(
            "{pattern} stands for several models, and there are several tasks; name one model, or "
            "choose one task with --task",
            pattern=patterns[0],
        )


def _refuse_other_models(pairs: Sequence[Pair]) -> None:
    """Refuse a side with different models on different tasks: the mean would be of no one model."""
    for side in range(2):
        models = [pair[side].model for pair in pairs]
        identities = {(m.name, m.weights, m.revision) for m in models}
        if len(identities) > 1:
            listed = ", ".join(sorted({m.name for m in models}))
            raise NotComparableError(
                "{side} is not one model on all tasks ({listed}); name the runs or logs of one "
                "model",
                side=SIDES[side],
                listed=listed,
            )
