"""Logs among the names of a comparison: read in place, never generated for.

A name is a log where a file, a folder or a pattern of one is there and nothing else goes by it;
``log:`` forces it, ``NAME=PATH`` says what to call the model.
"""

from __future__ import annotations

from dataclasses import replace
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.comparing.tabulate import narrowed_grades
from evalsuite.errors import InvalidInputError, NotComparableError, listed
from evalsuite.logs.detect import SUFFIXES, find_files, read_one
from evalsuite.logs.ends import with_inferred_ends
from evalsuite.logs.identity import match_questions, narrowed, score_bounds
from evalsuite.logs.log import Columns, grader_named
from evalsuite.logs.runs import run_of_log
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import LogNotes, MissingQuestions
from evalsuite.records.packed import Packing, column
from evalsuite.records.run import Question
from evalsuite.tasks.graders import strict
from evalsuite.tasks.grading import NUMERIC_GRADERS, task_of_run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from evalsuite.asking.spec import CompareSpec
    from evalsuite.logs.identity import Match
    from evalsuite.logs.log import Log
    from evalsuite.records.run import Run

__all__ = [
    "LogName",
    "alike",
    "log_name",
    "read_logs",
    "refuse_grader",
    "refuse_mixture",
    "with_ends",
]

_MODEL_FILES = ("config.json", "adapter_config.json", "spec.json", "manifest.json")
"""A folder with one of these is a model or a run, whatever logs lie in it."""


@dataclass(frozen=True, slots=True)
class LogName:
    """A name that stands for a log."""

    path: str
    called: str | None
    """What to call its model; None leaves it to the log."""


def log_name(name: str, known: Collection[str]) -> LogName | None:
    """Read a name as a log; None for any other name, among them those ``known`` as models."""
    is_forced = name.startswith("log:")
    bare = name.removeprefix("log:")
    if not is_forced and (name in known or Path(name).suffix == ".gguf"):
        return None
    if is_forced or _is_log(bare):
        called, _, path = bare.partition("=")
        if is_forced and path and not Path(bare).exists() and _may_be_path(path):
            return LogName(path, called)
        return LogName(bare, None)
    called, _, path = bare.partition("=")
    return LogName(path, called) if path and called and _is_log(path) else None


def read_logs(
    names: Mapping[int, LogName], spec: CompareSpec, logs: dict[int, Log] | None = None
) -> dict[int, Run]:
    """Make runs of every log that a comparison names, by position.

    Those in ``logs`` are read, and taken out of it: a log is as large as its run.
    """
    logs = {} if logs is None else logs
    called: dict[int, Run] = {}
    for i, name in names.items():
        called[i] = run_of_log(
            with_ends(logs.pop(i) if i in logs else _read(name, spec), spec.columns),
            name=name.called,
            grader=spec.grader,
            known=next(iter(called.values()), None),
        )
    models = [run.spec.model.name for run in called.values()]
    # two checkpoints of one training often have one name: then what the user typed tells them apart
    return {
        i: run
        if names[i].called or models.count(run.spec.model.name) == 1
        else _renamed(run, names[i].path)
        for i, run in called.items()
    }


def _read(name: LogName, spec: CompareSpec) -> Log:
    return read_one(
        name.path,
        task=spec.task,
        columns=spec.columns,
        model=name.called,
        allow_missing=spec.allow_missing,
    )


def with_ends(log: Log, columns: Columns | None) -> Log:
    """Infer the ends that a log leaves unknown, by lengths where a tokenizer was named."""
    columns = columns or Columns()
    if columns.tokenizer is None:
        return with_inferred_ends(log, budget=columns.budget)
    from evalsuite.generation.tokens import load_rebuilder

    rebuilt = load_rebuilder(columns.tokenizer)
    return with_inferred_ends(log, budget=columns.budget, count=lambda text: len(rebuilt(text)))


def alike(runs: Mapping[int, Run], spec: CompareSpec) -> dict[int, Run]:
    """Lay logs onto the questions and graders of the first one, which is base.

    Runs of our own, whose questions have ids that mean something, stay as they are.

    Raises
    ------
    NotComparableError
        Where documents, golds or graders differ, or questions are in one log only.
    """
    ordered = dict(sorted(runs.items()))
    if not ordered or any(run.spec.graded_as is None for run in ordered.values()):
        return ordered
    base = next(iter(ordered.values()))
    matches = {
        i: match_questions(base, run, allow_missing=spec.allow_missing)
        for i, run in ordered.items()
        if run is not base
    }
    shared = [*column(base.questions, "id")]
    for match in matches.values():
        inside = set(match.shared.values())
        shared = [i for i in shared if i in inside]
    graders = _graders(list(ordered.values()), spec.grader)
    laid: dict[int, Run] = {}
    for i, run in ordered.items():
        names = {i: i for i in shared} if run is base else _inverse(matches[i], shared)
        laid[i] = _graded_by(_asked_the_same(narrowed(run, names), laid), graders)
        if run is not base and (matches[i].base_only or matches[i].trained_only):
            laid[i] = _with_missing(laid[i], base, run, matches[i], next(iter(graders)))
    return laid


def _asked_the_same(run: Run, before: Mapping[int, Run]) -> Run:
    """Hold a question once that two logs tell alike: there may be a million of them."""
    if not before:
        return run
    first = next(iter(before.values()))
    if first.questions is run.questions:
        return run
    questions = Packing(Question, like=first.questions)
    questions.extend(run.questions)
    return replace(run, questions=questions.packed())


def _inverse(match: Match, shared: Sequence[str]) -> dict[str, str]:
    trained = {base_id: trained_id for trained_id, base_id in match.shared.items()}
    return {trained[base_id]: base_id for base_id in shared}


def refuse_grader(grader: str | None) -> None:
    """Refuse to choose the grader of what is no log: there ours decides, whatever is wished."""
    if grader not in (None, strict.NAME):
        raise InvalidInputError(
            "--grader {grader} chooses among the graders of logs; answers that are graded here "
            "are decided by {strict}; leave it out",
            grader=grader,
            strict=strict.NAME,
        )


def _graders(runs: Sequence[Run], wanted: str | None) -> dict[str, str]:
    """Return the graders that all logs have with their versions, the deciding one first.

    One of ours that reads no answer in most responses of every model was not what the models were
    asked for: its row would only say so, and cast doubt on the verdict.
    """
    tasks = [task_of_run(run.spec) for run in runs]
    common = [g for g in tasks[0].graders if all(g in task.graders for task in tasks)]
    decides = grader_named(wanted, common) or wanted if wanted else tasks[0].decides
    if decides not in common:
        held = "; ".join(
            f"{run.spec.model.name}: {listed(list(task.graders), 20)}"
            for run, task in zip(runs, tasks, strict=True)
        )
        raise NotComparableError(
            "not every log has the grader {decides!r} ({listed}); choose a common one with "
            "--grader",
            decides=decides,
            listed=held,
        )
    ours = [grader for grader in common if grader in NUMERIC_GRADERS]
    unread = set(ours).difference(*(_read_by_most(run, ours) for run in runs))
    useful = [grader for grader in common if grader not in unread]
    # where the harness was another a check warns; its scores are compared all the same
    return {
        g: " / ".join(dict.fromkeys(task.graders[g] for task in tasks))
        for g in (decides, *(g for g in useful if g != decides))
    }


def _read_by_most(run: Run, graders: Sequence[str]) -> list[str]:
    """List the graders that read an answer in most responses of a run."""
    read = dict.fromkeys(graders, 0)
    for readings in column(run.grades, "readings"):
        for grader in graders:
            read[grader] += readings.get(grader) is not None
    return [grader for grader in graders if 2 * read[grader] > len(run.grades)]


def _graded_by(run: Run, graders: dict[str, str]) -> Run:
    task = run.spec.graded_as
    if task is None:
        return run
    task = replace(task, graders=graders, decides=next(iter(graders)))
    grades = narrowed_grades(run.grades, graders)
    return replace(run, spec=replace(run.spec, graded_as=task), grades=grades)


def _with_missing(run: Run, base: Run, trained: Run, match: Match, grader: str) -> Run:
    """Note how many questions were left out, and how far they could move the gain."""
    bounds = score_bounds(base, trained, match, grader)
    missing = MissingQuestions(
        base_only=len(match.base_only),
        trained_only=len(match.trained_only),
        least=None if bounds is None else bounds[0],
        most=None if bounds is None else bounds[1],
    )
    return replace(run, log=replace(run.log or LogNotes(), missing=missing))


def _renamed(run: Run, path: str) -> Run:
    model = replace(run.spec.model, name=path.rstrip("/"))
    return replace(run, spec=replace(run.spec, model=model))


def _is_log(name: str) -> bool:
    path = Path(name)
    if path.is_file():
        return path.suffix in SUFFIXES
    if path.is_dir():
        if any((path / file).is_file() for file in _MODEL_FILES):
            return False
        files = find_files(name)
        return len(files) == 1 or any(file.format != "rows" for file in files)
    return has_magic(name) and bool(find_files(name))


def _may_be_path(path: str) -> bool:
    return Path(path).exists() or has_magic(path)


def refuse_mixture(n_logs: int, n_generated: int) -> None:
    """Refuse to ask a model what a log holds: prompts and decoding of the log are not ours."""
    if n_logs and n_generated:
        raise InvalidInputError(
            "a log can be compared with logs only: how its answers came about can't be done again "
            "here; evaluate the other model with the same harness, and compare the two logs"
        )
