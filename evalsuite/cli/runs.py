"""``evalsuite runs``: list, show, verify, merge and remove runs; verify trainings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.options import json_option, store_option
from evalsuite.cli.shared.stored_runs import find_run
from evalsuite.cli.shared.typed_names import RunName
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, RunFailedError

if TYPE_CHECKING:
    from evalsuite.asking.shards import Merged

__all__ = ["command"]


@click.group()
def command() -> None:
    """List, show, verify, merge and remove runs."""


@command.command("list")
@store_option
@json_option
def list_runs(runs: Path, *, as_json: bool) -> None:
    """List every run with its state, its answers and its task."""
    from evalsuite.disk.storage import find_runs
    from evalsuite.records.codec import to_json

    rows = [_row(folder) for folder in find_runs(runs)]
    if as_json:
        click.echo(to_json({"runs": rows}), nl=False)
    elif rows:
        tasks = max(len(str(row["task"])) for row in rows)
        click.echo(f"{'state':<11} {'answers':>9}  {'tokens':>6}  {'task':<{tasks}}  run")
        for row in rows:
            click.echo(_row_text(row, tasks))
    else:
        click.echo(f"no runs in {runs}/; `evalsuite compare base trained` makes two")


def _row(folder: Path) -> dict[str, str | int | None]:
    """Say what a run is, from its specification alone: a store may hold hundreds."""
    from evalsuite.disk.storage import is_complete, read_spec

    state = "complete" if is_complete(folder) else "unfinished"
    try:
        spec = read_spec(folder)
    except (EvalsuiteError, OSError):
        unread = dict.fromkeys(("answers", "max_new_tokens", "task"))
        return {"state": "unreadable", **unread, "folder": str(folder)}
    return {
        "state": state,
        "answers": len(spec.question_ids) * spec.decoding.samples,
        "max_new_tokens": spec.decoding.max_new_tokens,
        "task": spec.task,
        "folder": str(folder),
    }


def _row_text(row: dict[str, str | int | None], width: int) -> str:
    shown = {
        key: "?" if value is None else f"{value:,}" if isinstance(value, int) else value
        for key, value in row.items()
    }
    columns = "{state:<11} {answers:>9}  {max_new_tokens:>6}  {task:<{width}}  {folder}"
    return columns.format(**shown, width=width)


@command.command("show")
@click.argument("name", type=RunName())
@store_option
def show_run(name: str, runs: Path) -> None:
    """Show what a run holds."""
    from evalsuite.cli.show import run_summary, summary_lines
    from evalsuite.disk.storage import load_run

    folder = find_run(name, runs, complete=True)
    click.echo("\n".join(summary_lines(run_summary(load_run(folder), folder))))


@command.command("merge")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...")
@store_option
def merge(folders: tuple[str, ...], runs: Path) -> None:
    """Bring the answers of one run together: its shards, and copies from other machines.

    FOLDER is the run itself or a copy of it. What is there ends in the run store; where nothing is
    missing the run is finished, as by one process. May be repeated.
    """
    from evalsuite.asking.shards import merge_runs
    from evalsuite.cli.show import run_summary, summary_lines

    sources = [Path(f) if (Path(f) / "spec.json").is_file() else find_run(f, runs) for f in folders]
    merged = merge_runs(sources, runs)
    if merged.run is None:
        click.echo("\n".join(_merge_lines(merged)))
    else:
        click.echo("\n".join(summary_lines(run_summary(merged.run, merged.folder))))


@command.command("verify")
@click.argument("names", nargs=-1, type=RunName(), metavar="[NAME...]")
@store_option
@json_option
def verify(names: tuple[str, ...], runs: Path, *, as_json: bool) -> None:
    """Read every file of every run and training, and say what is not whole and what to do.

    NAME is a run, or the folder of a training; by default all in the store. Nothing is changed.
    Exits 5 where one needs a hand.
    """
    from evalsuite.disk.verification import verify_run, verify_store
    from evalsuite.records.codec import to_json
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
            click.echo("\n".join(item.lines()))
    unsound = sum(not item.is_sound for item in (*verified, *trainings))
    if unsound:
        every = len(verified) + len(trainings)
        raise RunFailedError(
            "{unsound:,} of {every:,} need a hand; see above", unsound=unsound, every=every
        )


@command.command("rm")
@click.argument("name", type=RunName())
@store_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_run(name: str, runs: Path, *, yes: bool) -> None:
    """Remove a run and all its answers; NAME is its whole name."""
    from evalsuite.disk.removal import remove_run as remove

    folder = _named(name, runs)
    if not yes:
        click.confirm(f"remove {folder} and all its answers?", abort=True, err=True)
    remove(folder)
    click.echo(f"removed {folder}")


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


def _merge_lines(merged: Merged) -> list[str]:
    """Say what a merge still lacks, and how to go on."""
    lacking = ", ".join(f"shard {name}: {n:,}" for name, n in merged.missing if name)
    return [
        f"{merged.wanted - merged.answers:,} of {merged.wanted:,} answers are missing"
        + (f" ({lacking})" if lacking else ""),
        f"  kept      {merged.answers:,} in {merged.folder}",
        "  next      run the missing shards and merge again, or finish with evalsuite run",
    ]
