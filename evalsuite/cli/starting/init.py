"""``evalsuite init``: settings with comments and two example questions, to be changed."""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.errors import InvalidInputError

__all__ = ["QUESTIONS", "SETTINGS", "command"]

SETTINGS = """\
# Settings of evalsuite in this folder. A line that begins with # does nothing: take the # away.
# Options on the command line win over EVALSUITE_... variables, those over this file.
# What is in force, and where it comes from: evalsuite config

# Language of what is printed and of reports: en or zh. It stands above all sections.
# lang = "en"

[models]
# Names for models: a folder, an adapter, a .gguf file, org/name on the Hub, or a server.
# base = "path:./my-base"
# trained = "path:./my-grpo"

[compare]
# Your questions: a JSON-lines file with "question" and a numeric "answer" on each line.
# task = "questions.jsonl"
# plain asks the question alone; boxed asks for \\\\boxed{}; a file holds your own system message.
# prompt = "plain"
# Token budgets: the largest is generated, the others are cut from the same answers.
# max-new-tokens = [300, 512, 1024]
# Points that matter: a smaller difference is called small.
# margin = 2.0
# Answers a question; more than one needs a temperature.
# samples = 1
# temperature = 0.0

[gate]
# What a release must show, for `evalsuite gate` in CI.
# require = "improved"
""".replace("\\\\boxed", "\\boxed")
QUESTIONS = """\
{"question": "Tom has 9 apples. Tom eats 2 of them. How many apples does Tom have left?", \
"answer": "7"}
{"question": "Mia has 3 boxes with 6 pens each. How many pens does Mia have in all?", \
"answer": "18"}
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def command(folder: Path) -> None:
    """Write evalsuite.toml and questions.jsonl into FOLDER, with comments; nothing is overwritten.

    FOLDER is this one if none is named. The settings do nothing until you take a # away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("evalsuite.toml", SETTINGS), ("questions.jsonl", QUESTIONS)):
        reason = _reason_to_leave(folder, name)
        if reason is None:
            _write_new(folder / name, text)
        click.echo(f"  {'wrote' if reason is None else 'kept':<6} {folder / name}{reason or ''}")
    click.echo(
        "  next   put in your questions, add two models, then:\n"
        "  evalsuite compare BASE TRAINED --task questions.jsonl --prompt plain"
    )


def _reason_to_leave(folder: Path, name: str) -> str | None:
    """Say why a file is not written; settings in pyproject.toml would be hidden by a new one."""
    from evalsuite.models.project import general_settings, project_settings

    if (folder / name).exists() or (folder / name).is_symlink():
        return ", which was there"
    if name == "evalsuite.toml":
        sections, origin = project_settings(folder)
        if sections or general_settings(folder)[0]:
            return f": not written, the settings stand in {origin}"
    return None


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InvalidInputError(
            "{path} appeared just now and was not touched; start the command again", path=path
        ) from error
