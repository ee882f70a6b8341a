"""Names of tasks: what each side of a pair holds, and which of them both do."""

from __future__ import annotations

from dataclasses import field
from fnmatch import fnmatchcase
from glob import has_magic
from typing import TYPE_CHECKING

from evalsuite.asking.logged import log_name
from evalsuite.disk.storage import find_runs, is_complete, read_spec
from evalsuite.errors import (
    Clause,
    InvalidInputError,
    NotComparableError,
    UnknownModelError,
    joined,
    listed,
)
from evalsuite.logs.detect import logs_by_task
from evalsuite.models.names import EMBEDDED, read_aliases
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.spec import CompareSpec
    from evalsuite.logs.log import Log

__all__ = ["OneSided", "TaskNames", "shared_tasks", "sides_of"]

_RUN = "run:"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNames:
    """One side of a pair, and the tasks it holds answers to."""

    name: str
    """As typed."""
    tasks: tuple[str, ...]
    """In the order of the logs or runs; empty for a model, which can be asked anything."""
    runs: dict[str, str] = field(default_factory=dict)
    """Name of the recorded run of each task, where they are runs."""
    logs: dict[str, Log | None] = field(default_factory=dict)
    """What was read of a task already, where they are logs."""

    @property
    def is_open(self) -> bool:
        """Whether it can be asked anything."""
        return not self.tasks

    @property
    def only_log(self) -> Log | None:
        """What was read already, where there is one task."""
        return next(iter(self.logs.values())) if len(self.logs) == 1 else None

    def name_of(self, task: str) -> str:
        """Name what stands for this side on one task."""
        return self.runs.get(task, self.name)

    @property
    def only_name(self) -> str:
        """Name what stands for this side where one task is meant: a pattern's only run."""
        return next(iter(self.runs.values())) if len(self.runs) == 1 else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSided:
    """Tasks that one side alone holds."""

    base: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()


def sides_of(names: Sequence[str], spec: CompareSpec) -> tuple[TaskNames, ...]:
    """Find out what every side holds, base first; with one task asked for no log is looked at."""
    return tuple(_side(name, spec) for name in names)


def shared_tasks(
    base: TaskNames, trained: TaskNames, spec: CompareSpec
) -> tuple[tuple[str, ...], OneSided]:
    """List the tasks to compare: those asked for, or those that both sides hold.

    Raises
    ------
    NotComparableError
        For tasks that one side alone holds, unless that was allowed and none was asked for.
    InvalidInputError
        For a task asked for that a side lacks.
    """
    sides = (base, trained)
    if spec.tasks:
        for side in sides:
            _refuse_missing(side, spec.tasks)
        return spec.tasks, OneSided()
    known = base.tasks or trained.tasks
    shared = tuple(t for t in known if all(side.is_open or t in side.tasks for side in sides))
    one_sided = OneSided(
        base=() if trained.is_open else tuple(t for t in base.tasks if t not in trained.tasks),
        trained=() if base.is_open else tuple(t for t in trained.tasks if t not in base.tasks),
    )
    if not shared:
        raise NotComparableError(
            "the two sides share no task: {base} holds {base_tasks}, {trained} holds "
            "{trained_tasks}; name logs or runs of the same tasks",
            base=base.name,
            base_tasks=listed(base.tasks, 20),
            trained=trained.name,
            trained_tasks=listed(trained.tasks, 20),
        )
    if (one_sided.base or one_sided.trained) and not spec.allow_missing:
        parts = [
            Clause("{tasks} only in {side}", tasks=listed(tasks, 20), side=side.name)
            for side, tasks in ((base, one_sided.base), (trained, one_sided.trained))
            if tasks
        ]
        raise NotComparableError(
            "{parts}; run both models on the same tasks, choose with --task, or pass "
            "--allow-missing to compare the shared ones",
            parts=joined(parts, "; "),
        )
    return shared, one_sided


def _refuse_missing(side: TaskNames, asked: Sequence[str]) -> None:
    missing = [task for task in asked if not side.is_open and task not in side.tasks]
    if missing:
        raise InvalidInputError(
            "{side} holds no task {missing!r}; it holds {tasks}",
            side=side.name,
            missing=missing[0],
            tasks=listed(side.tasks, 20),
        )


def _side(name: str, spec: CompareSpec) -> TaskNames:
    if name.startswith(_RUN) and has_magic(name):
        runs = _runs(name, spec)
        return TaskNames(name=name, tasks=tuple(runs), runs=runs)
    if spec.task is not None:
        return TaskNames(name=name, tasks=())
    log = log_name(name, {*read_aliases(), *EMBEDDED})
    if log is not None:
        logs = logs_by_task(
            log.path, spec.columns, model=log.called, allow_missing=spec.allow_missing
        )
        return TaskNames(name=name, tasks=tuple(logs), logs=logs)
    return TaskNames(name=name, tasks=())


def _runs(name: str, spec: CompareSpec) -> dict[str, str]:
    """List the complete runs that a pattern means, by task; one run a task, or that of one task."""
    asked = spec.tasks if spec.task is None else (spec.task,)
    pattern = name.removeprefix(_RUN)
    folders = [
        folder
        for folder in find_runs(spec.runs)
        if fnmatchcase(folder.name, pattern) and is_complete(folder)
    ]
    if not folders:
        raise UnknownModelError(
            "{name!r} matches no complete run in {runs}; see runs list", name=name, runs=spec.runs
        )
    runs: dict[str, str] = {}
    for folder in folders:
        task = read_spec(folder).task
        if task in runs and (not asked or task in asked):
            raise InvalidInputError(
                "{name!r} matches two runs of task {task}: {run} and {folder}; narrow the pattern",
                name=name,
                task=task,
                run=runs[task].removeprefix(_RUN),
                folder=folder.name,
            )
        runs[task] = f"{_RUN}{folder.name}"
    if spec.task is None:
        return runs
    _refuse_missing(TaskNames(name=name, tasks=tuple(runs)), asked)
    return {spec.task: runs[spec.task]}
