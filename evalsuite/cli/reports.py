"""``evalsuite reports``: verify the reports that were written."""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.grouped import CommandList
from evalsuite.cli.terminal.verified_lines import verified_lines
from evalsuite.errors import InvalidInputError, RunFailedError

__all__ = ["command"]


@click.group(cls=CommandList)
def command() -> None:
    """Verify reports."""


@command.command("verify")
@click.argument(
    "folders", nargs=-1, metavar="[FOLDER...]", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--reports",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports lie; read where no FOLDER is named.",
)
@lang_option
@json_option
def verify(folders: tuple[Path, ...], reports: Path, *, lang: str, as_json: bool) -> None:
    """Hold every report, or those named, against its own numbers, and say what to do.

    The verdict follows from the numbers, the questions from the same comparison, and the pages
    say what they hold. Nothing is changed. Exits 5 where a report needs a hand.
    """
    from evalsuite.cli.shared.report_verification import find_reports, verify_report
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.wording import words

    for folder in folders:
        if not (folder / "results.json").is_file():
            raise InvalidInputError(
                "{folder} holds no results.json; name the folder of a report", folder=folder
            )
    verified = [verify_report(folder) for folder in folders or find_reports(reports)]
    if as_json:
        click.echo(to_json({"reports": verified}), nl=False)
    elif not verified:
        click.echo(words(lang).say("verified.no_reports", reports=str(reports)))
    else:
        for report in verified:
            click.echo("\n".join(verified_lines(report, words(lang))))
    unsound = sum(not report.is_sound for report in verified)
    if unsound:
        raise RunFailedError(
            "{unsound:,} of {n_reports:,} reports need a hand; see above",
            unsound=unsound,
            n_reports=len(verified),
        )
