"""``evalsuite logs``: what is in a log, and what it does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.options import LogOptions, json_option, log_options, log_reading

if TYPE_CHECKING:
    from typing import Unpack

    from evalsuite.logs.log import Log

__all__ = ["command", "log_summary"]


@click.command()
@click.argument("path")
@click.option("--task", help="Only this one of several tasks.")
@log_options
@json_option
def command(path: str, *, task: str | None, as_json: bool, **options: Unpack[LogOptions]) -> None:
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
    summaries = [log_summary(log) for log in logs]
    if as_json:
        click.echo(to_json({"logs": summaries}), nl=False)
        return
    for summary in summaries:
        click.echo("\n".join(_lines(summary)))


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


def _lines(summary: dict[str, Any]) -> list[str]:
    from evalsuite.reporting.outputs.inert import one_line

    def told(key: str) -> str:
        value = summary[key]
        return "not recorded" if value is None else one_line(str(value), longest=80)

    version = [part for part in (summary["version"], summary["task_version"]) if part]
    made_by = one_line(", ".join(map(str, version)), longest=80)
    graders = one_line(", ".join(summary["graders"]) or "none of its own", longest=400)
    lines = [
        f"{one_line(summary['file'], longest=100)}",
        f"  harness   {told('harness')} {made_by}".rstrip(),
        f"  model     {told('model')}",
        f"  task      {told('task')}: {summary['n']:,} questions, {_repeats(summary['repeats'])}",
        f"  graders   {graders}",
    ]
    if summary["no_graders"]:
        others = one_line(", ".join(summary["no_graders"]), longest=400)
        lines.append(f"  no grades {others} (lower is better, missing, or outside 0 to 1)")
    shares = {key: _share(summary, key) for key in ("texts", "ends", "token_counts")}
    prompts = _share(summary, "prompts", "n")
    lines.append(
        "  recorded  texts {texts}, ends {ends}, token counts {token_counts}".format(**shares)
        + f", prompts {prompts}"
    )
    if summary["ends_inferred"]:
        lines.append(f"  inferred  ends {_share(summary, 'ends_inferred')}")
    return [
        *lines,
        (
            f"  decoding  token limit {told('max_new_tokens')}, temperature {told('temperature')}"
            f", precision {told('dtype')}"
        ),
        f"  results   {'beside it' if summary['results'] else 'not recorded'}",
    ]


def _repeats(n: int) -> str:
    return "one answer to each" if n == 1 else f"{n:,} answers to each"


def _share(summary: dict[str, Any], key: str, whole: str = "answers") -> str:
    """Say all, none or how many."""
    part, total = summary[key], summary[whole]
    return "all" if part == total else "not recorded" if part == 0 else f"{part:,} of {total:,}"
