"""``evalsuite reports``: list and verify the reports that were written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.columns import padded
from evalsuite.cli.terminal.grouped import CommandList
from evalsuite.cli.terminal.verified_lines import verified_lines
from evalsuite.errors import EvalsuiteError, InvalidInputError, RunFailedError
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.records.judged import Judged
    from evalsuite.reporting.wording import Words

__all__ = ["command"]


@click.group(cls=CommandList)
def command() -> None:
    """List and verify reports."""


def _reports_option(help_text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--reports",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("reports"),
        show_default=True,
        help=help_text,
    )


@command.command("list")
@_reports_option("Where reports lie.")
@lang_option
@json_option
def list_reports(reports: Path, *, lang: str, as_json: bool) -> None:
    """List every report with its decision, its models and its task."""
    from evalsuite.cli.shared.report_verification import find_reports
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.wording import words

    folders, catalogue = find_reports(reports), words(lang)
    if as_json:
        click.echo(to_json({"reports": [_facts(folder) for folder in folders]}), nl=False)
        return
    if not folders:
        click.echo(catalogue.say("verified.no_reports", reports=str(reports)))
        return
    rows = [_told(folder, catalogue) for folder in folders]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(map(padded, row, widths)).rstrip())


def _facts(folder: Path) -> dict[str, Any]:
    """Say what a report is about; None where its results can't be read."""
    judged = _results(folder)
    if judged is None:
        return {"folder": str(folder), **dict.fromkeys(("decision", "base", "trained", "tasks"))}
    return {
        "folder": str(folder),
        "decision": judged.verdict.decision if judged.verdict else None,
        "base": judged.base_name,
        "trained": list(dict.fromkeys(part.trained.name for part in judged.parts)),
        "tasks": list(dict.fromkeys(part.task for part in judged.parts)),
    }


def _told(folder: Path, catalogue: Words) -> tuple[str, str, str]:
    from evalsuite.reporting.opening.first_lines import decision_word, title
    from evalsuite.reporting.page import Page

    judged = _results(folder)
    if judged is None:
        return catalogue.text("verified.unreadable"), "?", str(folder)
    return decision_word(judged.verdict, catalogue), title(Page(judged, catalogue)), str(folder)


def _results(folder: Path) -> Judged | None:
    from evalsuite.cli.shared.report_files import read_results

    try:
        return read_results(folder / "results.json")
    except (EvalsuiteError, OSError):  # `reports verify` says why
        return None


@command.command("verify")
@click.argument(
    "folders", nargs=-1, metavar="[FOLDER...]", type=click.Path(file_okay=False, path_type=Path)
)
@_reports_option("Where reports lie; read where no FOLDER is named.")
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
