"""``evalsuite export``: a run, a report or a log in the files of other tools."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import (
    LogOptions,
    LogReading,
    log_options,
    log_reading,
    store_option,
)
from evalsuite.errors import Clause, InvalidInputError, listed

if TYPE_CHECKING:
    from typing import Unpack

    from evalsuite.logs.log import Log
    from evalsuite.records.judged import Judged

__all__ = ["command"]

_OF_ANSWERS = ("lm-eval", "every-eval-ever", "evalstats", "eval-arena", "parquet")
_OF_REPORTS = ("eval-results", "model-index")


@click.command()
@click.argument("path")
@click.option(
    "--to",
    "form",
    type=click.Choice([*_OF_ANSWERS, *_OF_REPORTS]),
    required=True,
    help="Format to write.",
)
@click.option("--task", help="Only this one of several tasks.")
@click.option(
    "--benchmark", metavar="ORG/NAME:TASK", help="Of eval-results: data set on the Hub and task."
)
@click.option("--source-url", metavar="URL", help="Of eval-results: where the report can be read.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("exports"),
    show_default=True,
    help="Folder to write into.",
)
@store_option
@lang_option
@log_options
def command(
    path: str,
    *,
    form: str,
    task: str | None,
    benchmark: str | None,
    source_url: str | None,
    output: Path,
    runs: Path,
    lang: str,
    **options: Unpack[LogOptions],
) -> None:
    """Write PATH in another tool's format.

    PATH is a report (its folder or results.json), a run, or logs that evalsuite reads. lm-eval,
    every-eval-ever, evalstats, eval-arena and parquet hold every answer; eval-results and
    model-index hold a report's numbers for the trained model's page on the Hub. What is not known
    is left out.
    """
    files: dict[str, str | bytes]
    if form in _OF_REPORTS:
        files = {**_report_files(path, form, benchmark, source_url)}
    else:
        logs = _logs(path, runs, task, log_reading(options))
        _tell_inferred(logs, lang)
        files = _answer_files(form, logs)
    from evalsuite.disk.files import write_atomically
    from evalsuite.reporting.wording import words

    written = {output / name: _bytes_of(content) for name, content in files.items()}
    _refuse_others(written)
    for file, content in written.items():
        write_atomically(file, content)
        click.echo(words(lang).say("written.file", file=str(file), size=len(content)))


def _bytes_of(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _refuse_others(written: dict[Path, bytes]) -> None:
    """Refuse to write over what another export, or anybody, has written."""
    for file, content in written.items():
        if file.exists() and not (file.is_file() and file.read_bytes() == content):
            raise InvalidInputError(
                "{file} is there already and holds something else; name another folder with "
                "--output, or take it away",
                file=file,
            )


def _results_of(path: str) -> Path | None:
    """Find the results a report's name stands for; None for anything else."""
    results = Path(path) / "results.json" if Path(path).is_dir() else Path(path)
    return results if results.name == "results.json" and results.is_file() else None


def _report_files(
    path: str, form: str, benchmark: str | None, source_url: str | None
) -> dict[str, str]:
    from evalsuite.cli.shared.report_files import read_results, view_of
    from evalsuite.records.comparison import Comparison
    from evalsuite.reporting.outputs.exports import eval_results, model_index

    results = _results_of(path)
    if results is None:
        raise InvalidInputError(
            "--to {form} is about a report, and {path} is none; name its folder or results.json",
            form=form,
            path=path,
        )
    judged = read_results(results)
    if not isinstance(judged, Comparison):
        raise InvalidInputError(
            "--to {form} is about one model on one task, and {results} holds several; name the "
            "folder of one below it",
            form=form,
            results=results,
        )
    view = view_of(judged, "en")
    if form == "model-index":
        return {"model-index.yaml": model_index(view, judged)}
    return eval_results(view, judged, benchmark=benchmark, source_url=source_url)


def _answer_files(form: str, logs: list[Log]) -> dict[str, str | bytes]:
    from evalsuite.logs.writing import files
    from evalsuite.logs.writing.every_eval_ever import eee_files

    writers = {
        "lm-eval": files.lm_eval_files,
        "every-eval-ever": eee_files,
        "evalstats": files.evalstats_files,
        "eval-arena": files.arena_files,
        "parquet": files.parquet_files,
    }
    return writers[form](logs, datetime.now(UTC))


def _logs(path: str, runs: Path, task: str | None, reading: LogReading) -> list[Log]:
    """Read whatever a path stands for, and lay it out as logs of the task and grader asked for."""
    logs = _named_logs(path, runs, task, reading)
    chosen = [log for log in logs if _is_of(log, task)]
    if logs and not chosen:
        tasks = listed(sorted({log.task for log in logs}))
        raise InvalidInputError(
            "{path} has no task {task!r}; it has {tasks}", path=path, task=task, tasks=tasks
        )
    if not chosen:
        raise InvalidInputError(
            "{path} is no report, run or log that is known here; see `evalsuite logs --help`",
            path=path,
        )
    return [_decided_by(_graded(log, reading.grader), reading.grader) for log in chosen]


def _tell_inferred(logs: list[Log], lang: str) -> None:
    """Say of how many answers the end was inferred: a file of another tool may have no place."""
    from evalsuite.reporting.wording import words

    answers = [answer for log in logs for entry in log.entries for answer in entry.answers]
    if inferred := sum(answer.finish_source == "inferred" for answer in answers):
        line = words(lang).say("written.inferred", n=len(answers), inferred=inferred)
        click.echo(f"  {line}", err=True)


def _is_of(log: Log, task: str | None) -> bool:
    """Tell whether a log is of a task, which a report names with its split."""
    return task in (None, log.task, log.task.partition(" ")[0])


def _named_logs(path: str, runs: Path, task: str | None, reading: LogReading) -> list[Log]:
    """Read a report's two sides, a run, or every log under a file, a folder or a pattern."""
    results = _results_of(path)
    is_run = not (Path(path).exists() or has_magic(path)) or (Path(path) / "spec.json").is_file()
    if results is None and not is_run:
        return _of_files(path, task, reading)
    from evalsuite.logs.log import Columns

    if reading.columns != Columns() or reading.allow_missing:
        raise InvalidInputError(
            "{path} is a {kind}, and how a log is to be read says nothing about it; leave "
            "--log-..., columns and --allow-missing out",
            path=path,
            kind=Clause("run" if results is None else "report"),
        )
    if results is not None:
        return _of_report(results)
    return [_of_run(path.removeprefix("run:"), runs)]


def _of_files(path: str, task: str | None, reading: LogReading) -> list[Log]:
    from evalsuite.asking.logged import with_ends
    from evalsuite.logs.detect import find_files, read_file

    columns = reading.columns
    return [
        with_ends(log, columns) if _is_of(log, task) else log
        for file in find_files(path, columns.form)
        for log in read_file(file, columns, allow_missing=reading.allow_missing)
    ]


def _graded(log: Log, grader: str | None) -> Log:
    """Have our graders read a log that holds no grades."""
    if log.graders:
        return log
    from evalsuite.logs.runs import run_of_log
    from evalsuite.logs.writing.sources import log_of_run

    return log_of_run(run_of_log(log, grader=grader))


def _decided_by(log: Log, grader: str | None) -> Log:
    if grader is None:
        return log
    from evalsuite.logs.log import grader_named

    decides = grader_named(grader, log.graders)
    if decides is None:
        name = log.files[0].name if log.files else log.model
        raise InvalidInputError(
            "{name} has no grader {grader!r}; it has {graders}",
            name=name,
            grader=grader,
            graders=listed(log.graders),
        )
    return replace(log, graders=(decides, *(g for g in log.graders if g != decides)))


def _of_report(results: Path) -> list[Log]:
    from evalsuite.cli.shared.report_files import member_folders, read_results, read_rows
    from evalsuite.logs.writing.sources import logs_of_report

    judged: Judged = read_results(results)
    folders = member_folders(judged)
    places = [results.parent / name / "results.json" for name in folders] or [results]
    logs: list[Log] = []
    for part, place in zip(judged.parts, places, strict=True):
        # the base that several trained models share is written once
        logs += [log for log in logs_of_report(part, read_rows(place)) if log not in logs]
    return logs


def _of_run(name: str, runs: Path) -> Log:
    from evalsuite.cli.shared.stored_runs import find_run
    from evalsuite.disk.storage import load_run
    from evalsuite.logs.writing.sources import log_of_run

    return log_of_run(load_run(find_run(name, runs, complete=True)))
