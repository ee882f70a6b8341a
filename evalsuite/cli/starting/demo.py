"""``evalsuite demo``: the main job on the embedded pair, in one word, and what to read next."""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.open_report import open_option
from evalsuite.cli.shared.options import quiet_option, store_option, verbose_option

__all__ = ["command"]

NEXT = ("demo.answers", "demo.report", "demo.own", "demo.logs")
"""What to do next, in this order, as keys of the catalogues."""


@click.command()
@lang_option
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder of the report."
)
@store_option
@click.option("--short", is_flag=True, help="200 questions instead of all 1,319.")
@verbose_option
@quiet_option
@open_option
def command(
    *,
    lang: str,
    output: Path | None,
    runs: Path,
    short: bool,
    verbose: bool,
    quiet: bool,
    open_it: bool,
) -> int:
    """Compare the embedded pair and say what to read next: no download, no GPU, a minute or two.

    Two tiny models answer 1,319 generated word problems. Runs and report are written below this
    folder; settings and aliases of a project are not used.
    """
    from evalsuite.cli.compare import command as compare

    arguments = ["embedded:base", "embedded:trained", "--lang", lang, "--runs", str(runs)]
    arguments += ["--no-full", "--subset-size", "200", "--subsets", "1"] if short else []
    arguments += ["--output", str(output)] if output else []
    flags = {"verbose": verbose, "quiet": quiet, "open": open_it}
    arguments += [f"--{name}" for name, on in flags.items() if on]
    # without a parent: neither settings of this folder nor variables say what the demo is
    with compare.make_context("demo", arguments) as context:
        code: int = compare.invoke(context)
    _say_next(lang, runs)
    return code


def _say_next(lang: str, runs: Path) -> None:
    from evalsuite.reporting.wording import words

    catalogue = words(lang)
    click.echo(catalogue.text("demo.next"))
    elsewhere = "" if runs == Path("runs") else f" --runs {runs}"
    for key in NEXT:
        click.echo(f"  {catalogue.say(key, run=_a_run_of_base(runs) + elsewhere)}")


def _a_run_of_base(runs: Path) -> str:
    """Name a run of base so that `evalsuite show` finds it: by its model where there is one."""
    from evalsuite.disk.storage import find_runs

    names = [folder.name for folder in find_runs(runs) if folder.name.startswith("base-embedded-")]
    return names[-1] if len(names) > 1 else "base"
