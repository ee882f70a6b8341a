"""``evalsuite import``: read a log of answers into a run."""

from __future__ import annotations

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
from evalsuite.errors import InvalidInputError
from evalsuite.reporting.clauses import told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from evalsuite.logs.log import Columns
    from evalsuite.records.run import Run

__all__ = ["command"]


@click.command(name="import")
@click.argument("log", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="What to call the model, and its run.")
@click.option("--task", default="gsm8k", show_default=True, help="A task that is known here.")
@click.option("--split", default="test", show_default=True, help="Part of the task's data.")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Local JSON-lines copy of the split, read instead of the Hub.",
)
@click.option("--prompt", default="imported", show_default=True, help="How it was asked.")
@click.option(
    "--max-new-tokens",
    type=click.IntRange(min=1),
    help="The limit the answers were generated with; leave it out where it is not known.",
)
@click.option("--temperature", type=click.FloatRange(min=0), help="Of the answers; 0 is greedy.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Of the answers.")
@click.option("--seed", type=int, help="The answers were drawn from.")
@click.option("--dtype", help="Precision the model answered in, such as bfloat16.")
@click.option("--weights", help="Hash or commit of the weights that answered.")
@click.option("--tokenizer", help="Folder or org/name; finds token ends, so budgets can be cut.")
@click.option("--no-question-texts", is_flag=True, help="Keep the questions' texts out of the run.")
@store_option
@lang_option
@log_options
@click.pass_context
def command(
    ctx: click.Context,
    log: Path,
    *,
    name: str,
    task: str,
    split: str,
    data: Path | None,
    prompt: str,
    max_new_tokens: int | None,
    temperature: float | None,
    top_p: float | None,
    seed: int | None,
    dtype: str | None,
    weights: str | None,
    tokenizer: str | None,
    no_question_texts: bool,
    runs: Path,
    lang: str,
    **options: Unpack[LogOptions],
) -> None:
    """Read LOG into a run.

    A log of lm-eval, Inspect or lighteval, or a table whose --score or --gold is named, keeps its
    own questions and scores. Any other LOG is a JSON-lines file with id, text and optionally finish
    and n_tokens, and is graded as a task that is known here. How the answers were made is not
    recorded unless the options say it, and is then never judged.
    """
    if not name.strip():
        raise InvalidInputError("--name is empty; say what to call the model")
    reading = log_reading(options)
    if _has_own_grades(log, reading.columns):
        is_given = ctx.get_parameter_source("task") is not click.core.ParameterSource.DEFAULT
        run, folder = _imported_as_it_is(log, name, task if is_given else None, runs, reading)
        _tell(folder, [_amount(run, lang)])
        return
    from evalsuite.disk.imported import store_run
    from evalsuite.disk.storage import run_folder
    from evalsuite.logs.generic import Origin, grades_of, read_answers
    from evalsuite.tasks.questions import load_questions

    ends = None
    if tokenizer is not None:
        from evalsuite.generation.tokens import load_rebuilder

        ends = load_rebuilder(tokenizer)
    imported = read_answers(
        log,
        load_questions(task, split, data_file=data),
        name=name,
        task=task,
        split=split,
        prompt=prompt,
        max_new_tokens=max_new_tokens,
        origin=Origin(
            temperature=temperature, top_p=top_p, seed=seed, dtype=dtype, weights=weights
        ),
        token_ends=ends,
        keep_question_texts=not no_question_texts,
    )
    folder = run_folder(runs, imported.run.spec)
    store_run(folder, imported.run, lambda: grades_of(imported.run))
    _tell(folder, [told(note, lang) for note in imported.notes])


def _tell(folder: Path, notes: Sequence[str]) -> None:
    """Name the run, and what one should know of it."""
    click.echo("\n  ".join([str(folder), *notes]))


def _amount(run: Run, lang: str) -> str:
    from evalsuite.reporting.wording import words

    counts = {"answers": len(run.responses), "questions": len(run.questions)}
    return str(words(lang).say("imported.amount", **counts))


def _has_own_grades(log: Path, columns: Columns) -> bool:
    from evalsuite.logs.detect import find_files

    if columns.score or columns.gold or columns.format:
        return True
    return log.is_dir() or any(file.format != "rows" for file in find_files(str(log)))


def _imported_as_it_is(
    log: Path, name: str, task: str | None, runs: Path, reading: LogReading
) -> tuple[Run, Path]:
    from evalsuite.asking.logged import with_ends
    from evalsuite.disk.imported import store_run
    from evalsuite.disk.storage import run_folder
    from evalsuite.logs.detect import read_one
    from evalsuite.logs.runs import run_of_log

    read = read_one(
        str(log),
        task=task,
        columns=reading.columns,
        model=name,
        allow_missing=reading.allow_missing,
    )
    run = run_of_log(with_ends(read, reading.columns), name=name, grader=reading.grader)
    folder = run_folder(runs, run.spec)
    store_run(folder, run)
    return run, folder
