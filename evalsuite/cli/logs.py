"""``evalsuite logs``: what is in a log, and what it does not tell."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import LogOptions, json_option, log_options, log_reading
from evalsuite.cli.terminal.columns import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from evalsuite.logs.log import Log
    from evalsuite.reporting.wording import Words

__all__ = ["command", "log_summary"]


@click.command()
@click.argument("path")
@click.option("--task", help="Only this one of several tasks.")
@log_options
@lang_option
@json_option
def command(
    path: str, *, task: str | None, lang: str, as_json: bool, **options: Unpack[LogOptions]
) -> None:
    """Tell what PATH holds: a log's file, its folder, or a pattern.

    Logs of lm-eval, Inspect, lighteval, NeMo Evaluator, NeMo-Skills, EvalScope, HELM, olmo-eval,
    verifiers and eval-arena, files in Every Eval Ever, completions that TRL and verl dump while
    they train, and tables: JSON lines, CSV or parquet.

    Format, harness, models, tasks, graders, questions, repeats, and whether ends, tokens, prompts
    and decoding are recorded. Nothing is compared and nothing is written.
    """
    from evalsuite.asking.logged import with_ends
    from evalsuite.errors import InvalidInputError
    from evalsuite.logs.detect import find_files, read_file
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.wording import words

    reading = log_reading(options)
    files = find_files(path, reading.columns.form)
    logs = [
        with_ends(log, reading.columns)
        for file in files
        if task is None or file.task in (None, task)
        for log in read_file(file, reading.columns, allow_missing=reading.allow_missing)
        if task is None or log.task == task
    ]
    if not logs:
        what = path if task is None else f"{path} of task {task!r}"
        raise InvalidInputError(
            "{what}: no log is known here; `evalsuite logs --help` says which", what=what
        )
    names = _names([log.files[0] for log in logs])
    summaries = [log_summary(log) | {"file": names[log.files[0]]} for log in logs]
    if as_json:
        click.echo(to_json({"logs": summaries}), nl=False)
        return
    for summary in summaries:
        click.echo("\n".join(_lines(summary, words(lang))))


def _names(files: Sequence[Path]) -> dict[Path, str]:
    """Name each file; with the folders that tell it apart from another of its name."""
    together = Path(os.path.commonpath([file.parent for file in files]))
    known = Counter(file.name for file in set(files))
    return {
        file: file.name if known[file.name] == 1 else file.relative_to(together).as_posix()
        for file in files
    }


def log_summary(log: Log) -> dict[str, Any]:
    """Collect what one log tells, as JSON types; None is not recorded."""
    answers = [answer for entry in log.entries for answer in entry.answers]
    return {
        "file": log.files[0].name,
        "format": log.format,
        "harness": log.harness.name,
        "version": log.harness.version,
        "task": log.task,
        "task_version": log.harness.task_version,
        "model": log.model,
        "graders": list(log.graders),
        "no_graders": list(log.left_out),
        "n": len(log.entries),
        "repeats": log.repeats,
        "ends": sum(
            a.finish in ("stop", "length") and a.finish_source == "recorded" for a in answers
        ),
        "ends_inferred": sum(answer.finish_source == "inferred" for answer in answers),
        "token_counts": sum(answer.n_tokens is not None for answer in answers),
        "texts": sum(answer.text is not None for answer in answers),
        "prompts": sum(entry.prompt is not None for entry in log.entries),
        "answers": len(answers),
        "max_new_tokens": log.max_new_tokens,
        "temperature": log.temperature,
        "dtype": log.dtype,
        "results": any(f.suffix == ".json" for f in log.files[1:]) or bool(log.stated.means),
    }


def _lines(summary: dict[str, Any], catalogue: Words) -> Iterator[str]:
    from evalsuite.errors import quoted
    from evalsuite.reporting.outputs.inert import one_line

    text, say = catalogue.text, catalogue.say

    def told(key: str) -> str:
        value = summary[key]
        return text("logs.not_recorded") if value is None else one_line(str(value), longest=80)

    version = [part for part in (summary["version"], summary["task_version"]) if part]
    made_by = one_line(", ".join(map(str, version)), longest=80)
    yield one_line(summary["file"], longest=100)
    yield labelled(text("logs.harness"), f"{told('harness')} {made_by}".rstrip())
    yield labelled(text("logs.model"), told("model"))
    repeats = say("logs.repeats" if summary["repeats"] != 1 else "logs.once", n=summary["repeats"])
    asked = say("logs.asked", task=told("task"), n=summary["n"], repeats=repeats)
    yield labelled(text("logs.task"), asked)
    graders = text("list").join(map(quoted, summary["graders"])) or text("logs.no_grader")
    yield labelled(text("logs.graders"), one_line(graders, longest=400))
    if summary["no_graders"]:
        names = one_line(text("list").join(map(quoted, summary["no_graders"])), longest=400)
        yield labelled(text("logs.no_grades"), say("logs.why_no_grades", names=names))
    yield labelled(text("logs.recorded"), say("logs.shares", **_shares(summary, catalogue)))
    if summary["ends_inferred"]:
        ends = _share(summary, "ends_inferred", "answers", catalogue)
        yield labelled(text("logs.inferred"), say("logs.inferred_ends", ends=ends))
    how = {key: told(key) for key in ("max_new_tokens", "temperature", "dtype")}
    yield labelled(text("logs.decoding"), say("logs.how", **how))
    results = text("logs.beside_it" if summary["results"] else "logs.not_recorded")
    yield labelled(text("logs.results"), results)


def _shares(summary: dict[str, Any], catalogue: Words) -> dict[str, str]:
    """Say of how much each kind of record is there."""
    wholes = {"texts": "answers", "ends": "answers", "token_counts": "answers", "prompts": "n"}
    return {key: _share(summary, key, whole, catalogue) for key, whole in wholes.items()}


def _share(summary: dict[str, Any], key: str, whole: str, catalogue: Words) -> str:
    """Say all, none or how many."""
    part, total = summary[key], summary[whole]
    if part == total:
        return catalogue.text("logs.all")
    if part == 0:
        return catalogue.text("logs.not_recorded")
    return str(catalogue.say("logs.part", part=part, whole=total))
