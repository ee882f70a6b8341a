"""``evalsuite init``: settings with comments and two example questions, to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.terminal.columns import padded
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from evalsuite.reporting.wording import Words

__all__ = ["command"]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@lang_option
def command(folder: Path, lang: str) -> None:
    """Write evalsuite.toml and questions.jsonl into FOLDER, with comments; nothing is overwritten.

    FOLDER is this one if none is named. The settings do nothing until you take a # away.
    """
    from evalsuite.reporting.wording import words

    catalogue = words(lang)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"evalsuite.toml": "init.settings", "questions.jsonl": "init.questions"}
    for name, key in files.items():
        reason = _reason_to_leave(folder, name, catalogue)
        if reason is None:
            _write_new(folder / name, "".join(f"{line}\n" for line in catalogue.texts(key)))
        done = catalogue.text("init.wrote" if reason is None else "init.kept")
        click.echo(f"  {padded(done, 6)} {folder / name}{reason or ''}")
    click.echo(catalogue.text("init.next"))


def _reason_to_leave(folder: Path, name: str, catalogue: Words) -> str | None:
    """Say why a file is not written; settings in pyproject.toml would be hidden by a new one."""
    from evalsuite.models.project import general_settings, project_settings

    if (folder / name).exists() or (folder / name).is_symlink():
        return catalogue.text("init.was_there")
    if name == "evalsuite.toml":
        sections, origin = project_settings(folder)
        if sections or general_settings(folder)[0]:
            return str(catalogue.say("init.elsewhere", file=str(origin)))
    return None


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InvalidInputError(
            "{path} appeared just now and was not touched; start the command again", path=path
        ) from error
