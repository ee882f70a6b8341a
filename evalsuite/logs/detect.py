"""Detection: which tool wrote a file, a folder or what a pattern matches, and the log chosen of it.

A wrong guess is no harm: what a format needs and does not find is an error that names it.
"""

from __future__ import annotations

import glob
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.errors import Clause, InvalidInputError, listed
from evalsuite.logs.known import format_of, log_formats
from evalsuite.logs.lines import json_file, json_lines
from evalsuite.logs.log import UNNAMED_TASK, Columns, LogFile
from evalsuite.logs.parquet import parquet_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.logs.format import LogFormat
    from evalsuite.logs.log import Format, Log

__all__ = ["SUFFIXES", "find_files", "logs_by_task", "read_file", "read_one"]

SUFFIXES = (".jsonl", ".json", ".csv", ".parquet", ".eval")
_MOST_FILES = 10_000


def find_files(name: str, form: Format | None = None) -> tuple[LogFile, ...]:
    """List the logs under a file, a folder or a pattern, by path; none where nothing is a log.

    Harness logs hide tables: beside samples of lm-eval, another JSON-lines file is no log. With
    ``form`` every file that is named alone is taken for one of that format, whatever it looks
    like, and of a folder or pattern every one that may be, by its name.
    """
    paths = _paths(name)
    if form is not None:
        wanted = format_of(form)
        if not Path(name).is_file():
            paths = [path for path in paths if any(map(path.match, wanted.files))]
        return tuple(dict.fromkeys(wanted.describe(path, paths) for path in paths))
    files = [file for path in paths if (file := _described(path, paths))]
    of_harnesses = [file for file in files if file.format != "rows"]
    return tuple(dict.fromkeys(of_harnesses or files))


def read_one(
    name: str,
    *,
    task: str | None = None,
    columns: Columns | None = None,
    model: str | None = None,
    allow_missing: bool = False,
) -> Log:
    """Read the one log that is meant, of one task and one model.

    ``model`` chooses where a table holds several.

    Raises
    ------
    InvalidInputError
        Where nothing is a log, or several are and their choice is the reader's.
    """
    files = find_files(name, columns.form if columns else None)
    if not files:
        raise InvalidInputError(
            "{name} holds no log that is known here; known are lm-eval samples, Inspect .eval or "
            ".json, lighteval details and others that `evalsuite logs --help` lists, or JSON "
            "lines, CSV or parquet with an id and a score",
            name=name,
        )
    file = _chosen(name, [f for f in files if task is None or f.task in (None, task)], files, task)
    logs = read_file(file, columns or Columns(), allow_missing=allow_missing)
    tasks = sorted({log.task for log in logs})
    if task is not None and len(tasks) > 1:
        logs = tuple(log for log in logs if log.task == task)
    if len({log.task for log in logs}) != 1:
        raise _several(name, Clause("tasks"), tasks, Clause("choose one with --task"))
    named = [log for log in logs if log.model == model]
    if len(logs) > 1 and not named:
        models = sorted(str(log.model) for log in logs)
        way_out = Clause("choose one with MODEL={name}", name=name)
        raise _several(name, Clause("models"), models, way_out)
    return (named or list(logs))[0]


def logs_by_task(
    name: str,
    columns: Columns | None = None,
    *,
    model: str | None = None,
    allow_missing: bool = False,
) -> dict[str, Log | None]:
    """List the tasks under a name, in the order of files; none where nothing is a log.

    None stands for a log that was not read, because its file's name tells the task: `read_one` does
    so. Of tables, which only reading tells of, the log is there; in a folder of several a table
    without a column of tasks is a task of its own, by the name of its file.
    """
    files = find_files(name, columns.form if columns else None)
    tasks: dict[str, Log | None] = {}
    for file in files:
        if file.task is not None:
            tasks.setdefault(file.task, None)
            continue
        read = read_file(file, columns, allow_missing=allow_missing)
        named = [log for log in read if log.model == model] or read
        for log in named:
            is_own = len(files) > 1 and log.task == UNNAMED_TASK
            task = file.path.stem if is_own else log.task
            # two logs of one task, of two models perhaps: read_one says what to choose from
            tasks[task] = None if task in tasks else replace(log, task=task)
    return tasks


def read_file(
    file: LogFile, columns: Columns | None = None, *, allow_missing: bool = False
) -> tuple[Log, ...]:
    """Read every log of one file."""
    return format_of(file.format).read(file, columns or Columns(), allow_missing)


def _chosen(
    name: str, files: Sequence[LogFile], all_files: Sequence[LogFile], task: str | None
) -> LogFile:
    tasks = sorted({str(file.task) for file in files or all_files})
    if not files:
        way_out = Clause("{task!r} is not among them; name one of them with --task", task=task)
        raise _several(name, Clause("other tasks"), tasks, way_out)
    if len(tasks) > 1:
        raise _several(name, Clause("tasks"), tasks, Clause("choose one with --task"))
    models = sorted({str(file.model) for file in files})
    if len(models) > 1:
        raise _several(name, Clause("models"), models, Clause("give the folder of one"))
    if len(files) > 1:
        raise _several(
            name, Clause("runs"), [f.path.name for f in files], Clause("give the file of one")
        )
    return files[0]


def _several(name: str, what: Clause, found: Sequence[str], way_out: Clause) -> InvalidInputError:
    return InvalidInputError(
        "{name} holds {n_logs} {what} ({logs}); {way_out}",
        name=name,
        n_logs=len(found),
        what=what,
        logs=listed(found, 20),
        way_out=way_out,
    )


def _paths(name: str) -> list[Path]:
    path = Path(name)
    if path.is_file():
        return [path]
    if path.is_dir():
        below = (p for suffix in SUFFIXES for p in path.rglob(f"*{suffix}") if p.is_file())
    elif glob.has_magic(name):
        below = (
            Path(p)
            for p in glob.iglob(name, recursive=True)  # noqa: PTH207  patterns may be absolute
            if Path(p).suffix in SUFFIXES
        )
    else:
        return []
    return sorted(islice(below, _MOST_FILES))


def _described(path: Path, paths: Sequence[Path]) -> LogFile | None:
    """Look at a file's first bytes; None where it is no log, an error where it was named alone."""
    try:
        return _file(path, paths)
    except InvalidInputError:
        if len(paths) == 1 or path.suffix == ".eval":
            raise
        return None


def _file(path: Path, paths: Sequence[Path]) -> LogFile | None:
    if path.suffix == ".eval":
        return format_of("inspect").describe(path, paths)
    if path.suffix == ".json":
        return _document(path, alone=len(paths) == 1)
    if path.suffix == ".parquet":
        present = parquet_columns(path)
        return _first(lambda each: _has_columns(each, present)).describe(path, paths)
    if path.suffix == ".jsonl":
        _, row = next(json_lines(path), (0, {}))
        return _first(lambda each: bool(each.is_line and each.is_line(row))).describe(path, paths)
    return LogFile(format="rows", path=path) if path.suffix == ".csv" else None


def _first(knows: Callable[[LogFormat], bool]) -> LogFormat:
    """Find the first format that knows a file; what none knows is a table."""
    return next(each for each in log_formats() if knows(each) or each.name == "rows")


def _has_columns(form: LogFormat, present: frozenset[str]) -> bool:
    return form.columns is not None and present >= form.columns


def _document(path: Path, *, alone: bool) -> LogFile | None:
    from evalsuite.logs.formats import every_eval_ever as eee, helm, nemo_evaluator
    from evalsuite.logs.inspect_log import inspect_file, is_inspect

    if path.name == helm.HELM_NAME:
        return helm.helm_file(path)
    if path.stem.startswith("results_"):  # of lm-eval or lighteval: no answers in it
        return None
    document = json_file(path)
    if is_inspect(document):
        return inspect_file(path)
    if alone and nemo_evaluator.is_bundle(document):
        return nemo_evaluator.results_of(path)
    is_total = alone and eee.is_eee_total(document)
    return eee.eee_samples_of(path) if is_total else None
