"""``evalsuite runs``: list, show, verify, merge and remove runs; verify trainings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option, store_option
from evalsuite.cli.shared.stored_runs import find_run
from evalsuite.cli.shared.typed_names import RunName
from evalsuite.cli.terminal.columns import labelled, padded, right_aligned
from evalsuite.cli.terminal.grouped import CommandList
from evalsuite.cli.terminal.verified_lines import verified_lines
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, RunFailedError
from evalsuite.reporting.outputs.inert import columns, one_line

if TYPE_CHECKING:
    from evalsuite.asking.answering.shards import Merged
    from evalsuite.reporting.wording import Words

__all__ = ["command"]

_COLUMNS = ("state", "answers", "max_new_tokens", "task", "model", "folder")
_LONGEST_NAME = 40
"""Characters of a model's name, which may be a path."""


@click.group(cls=CommandList)
def command() -> None:
    """List, show, verify, merge and remove runs."""


@command.command("list")
@store_option
@lang_option
@json_option
def list_runs(runs: Path, *, lang: str, as_json: bool) -> None:
    """List every run with its state, its answers, its task and its model."""
    from evalsuite.disk.storage import find_runs
    from evalsuite.records.codec import to_json

    rows = [_row(folder) for folder in find_runs(runs)]
    if as_json:
        click.echo(to_json({"runs": rows}), nl=False)
        return
    from evalsuite.reporting.wording import words

    catalogue = words(lang)
    if not rows:
        click.echo(catalogue.say("store.empty", runs=str(runs)))
        return
    head = dict(zip(_COLUMNS, catalogue.texts("store.columns"), strict=True))
    table = [head, *(_shown(row, catalogue) for row in rows)]
    widths = {key: max(columns(row[key]) for row in table) for key in ("task", "model")}
    for row in table:
        click.echo(_line(row, widths))


def _row(folder: Path) -> dict[str, str | int | None]:
    """Say what a run is, from its specification alone: a store may hold hundreds."""
    from evalsuite.disk.storage import is_complete, read_spec

    state = "complete" if is_complete(folder) else "unfinished"
    try:
        spec = read_spec(folder)
    except (EvalsuiteError, OSError):
        unread = dict.fromkeys(("answers", "max_new_tokens", "task", "model"))
        return {"state": "unreadable", **unread, "folder": str(folder)}
    return {
        "state": state,
        "answers": len(spec.question_ids) * spec.decoding.samples,
        "max_new_tokens": spec.decoding.max_new_tokens,
        "task": spec.task,
        "model": spec.model.name,
        "folder": str(folder),
    }


def _shown(row: dict[str, str | int | None], catalogue: Words) -> dict[str, str]:
    shown = {
        key: "?" if value is None else f"{value:,}" if isinstance(value, int) else value
        for key, value in row.items()
    }
    model = one_line(shown["model"], longest=_LONGEST_NAME)
    return {**shown, "model": model, "state": catalogue.text(f"verified.{row['state']}")}


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    answers, tokens = right_aligned(row["answers"], 9), right_aligned(row["max_new_tokens"], 6)
    task, model = (padded(row[key], width) for key, width in widths.items())
    return f"{padded(row['state'], 11)} {answers}  {tokens}  {task}  {model}  {row['folder']}"


@command.command("show")
@click.argument("name", type=RunName())
@store_option
@lang_option
def show_run(name: str, runs: Path, lang: str) -> None:
    """Show what a run holds."""
    from evalsuite.cli.show import run_summary, summary_lines
    from evalsuite.disk.storage import load_run
    from evalsuite.reporting.wording import words

    folder = find_run(name, runs, complete=True)
    click.echo("\n".join(summary_lines(run_summary(load_run(folder), folder), words(lang))))


@command.command("merge")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...")
@store_option
@lang_option
def merge(folders: tuple[str, ...], runs: Path, lang: str) -> None:
    """Bring the answers of one run together: its shards, and copies from other machines.

    FOLDER is the run itself or a copy of it. What is there ends in the run store; where nothing is
    missing the run is finished, as by one process. May be repeated.
    """
    from evalsuite.asking.answering.shards import merge_runs
    from evalsuite.cli.show import run_summary, summary_lines
    from evalsuite.reporting.wording import words

    sources = [Path(f) if (Path(f) / "spec.json").is_file() else find_run(f, runs) for f in folders]
    merged = merge_runs(sources, runs)
    if merged.run is None:
        click.echo("\n".join(_merge_lines(merged, words(lang))))
    else:
        summary = run_summary(merged.run, merged.folder)
        click.echo("\n".join(summary_lines(summary, words(lang))))


@command.command("verify")
@click.argument("names", nargs=-1, type=RunName(), metavar="[NAME...]")
@store_option
@lang_option
@json_option
def verify(names: tuple[str, ...], runs: Path, *, lang: str, as_json: bool) -> None:
    """Read every file of every run and training, and say what is not whole and what to do.

    NAME is a run, or the folder of a training; by default all in the store. Nothing is changed.
    Exits 5 where one needs a hand.
    """
    from evalsuite.disk.verification import verify_run, verify_store
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.wording import words
    from evalsuite.training.verification import find_trainings, verify_training

    given = [name for name in names if (Path(name) / "train_spec.json").is_file()]
    folders = map(Path, given) if names else find_trainings(runs)
    trainings = list(map(verify_training, folders))
    others = [name for name in names if name not in given]
    verified = [verify_run(find_run(n, runs)) for n in others] if names else verify_store(runs)
    if as_json:
        click.echo(to_json({"runs": verified, "trainings": trainings}), nl=False)
    else:
        for item in (*verified, *trainings):
            click.echo("\n".join(verified_lines(item, words(lang))))
    unsound = sum(not item.is_sound for item in (*verified, *trainings))
    if unsound:
        every = len(verified) + len(trainings)
        raise RunFailedError(
            "{unsound:,} of {every:,} need a hand; see above", unsound=unsound, every=every
        )


@command.command("rm")
@click.argument("name", type=RunName())
@store_option
@lang_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_run(name: str, runs: Path, *, lang: str, yes: bool) -> None:
    """Remove a run and all its answers; NAME is its whole name."""
    from evalsuite.disk.removal import remove_run as remove
    from evalsuite.reporting.wording import words

    folder, catalogue = _named(name, runs), words(lang)
    if not yes:
        question = str(catalogue.say("store.remove", folder=str(folder)))
        click.confirm(question, abort=True, err=True)
    remove(folder)
    click.echo(catalogue.say("store.removed", folder=str(folder)))


def _named(name: str, runs: Path) -> Path:
    """Find one run by its whole name: the start of one may be the start of another tomorrow."""
    from evalsuite.disk.removal import is_remnant
    from evalsuite.disk.storage import find_runs

    folders = find_runs(runs)
    remnants = [runs / name] if name in _names_in(runs) and is_remnant(runs / name) else []
    for folder in (*folders, *remnants):
        if name and name in (folder.name, str(folder)):
            if folder.is_symlink():
                raise InvalidInputError(
                    "{folder} is a link to a run elsewhere; remove it by hand", folder=folder
                )
            return folder
    begun = [folder.name for folder in folders if name and folder.name.startswith(name)]
    hint = Clause("see `evalsuite runs list`")
    if begun:
        hint = Clause("give the whole name, such as {name}", name=begun[0])
    raise InvalidInputError(
        "{name!r} is no run in {runs}/; {hint}", name=name, runs=runs, hint=hint
    )


def _names_in(runs: Path) -> list[str]:
    return [path.name for path in runs.iterdir()] if runs.is_dir() else []


def _merge_lines(merged: Merged, catalogue: Words) -> list[str]:
    """Say what a merge still lacks, and how to go on."""
    text, say = catalogue.text, catalogue.say
    shards = [str(say("store.of_shard", shard=name, n=n)) for name, n in merged.missing if name]
    missing = say("store.missing", n=merged.wanted - merged.answers, wanted=merged.wanted)
    lacking = text("and").join(shards)
    kept = say("store.kept_in", n=merged.answers, folder=str(merged.folder))
    return [
        str(say("store.missing_of", missing=missing, shards=lacking) if shards else missing),
        labelled(text("store.kept"), kept),
        labelled(text("store.next"), text("store.go_on")),
    ]
