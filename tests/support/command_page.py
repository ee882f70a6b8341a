"""Reference page of the commands, made from the options that click reads."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
HEAD = """# Commands

`evalsuite COMMAND --help` prints the same. Options may also stand in a file or in the environment:
[settings](settings.md). How a command ends: [exit codes](exit-codes.md).

This page is made from the code by `python tests/support/command_page.py`; a test keeps the two
equal.
"""


def command_page() -> str:
    """Describe every command with its arguments and options, in the order of the command line."""
    context = click.Context(cli)
    entries = (cli.get_command(context, name) for name in COMMANDS)
    parts = [HEAD]
    for name, command in zip(COMMANDS, entries, strict=True):
        assert command is not None
        parts.extend(_sections(f"evalsuite {name}", command, "##"))
    return "\n".join(parts)


def _sections(path: str, command: click.Command, level: str) -> Iterator[str]:
    yield f"{level} {path}\n\n{_text(command.help)}\n"
    with click.Context(command, info_name=path) as context:
        pieces = " ".join(command.collect_usage_pieces(context))
        yield f"```text\n{path} {pieces}\n```\n"
        rows = [_row(parameter) for parameter in command.params if _is_shown(parameter)]
    if rows:
        yield "\n".join(["| option | values | meaning |", "|---|---|---|", *rows]) + "\n"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _sections(f"{path} {name}", inner, "###")


def _is_shown(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not parameter.hidden


def _row(option: click.Parameter) -> str:
    assert isinstance(option, click.Option)
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return f"| {names} | {_cell(_values(option))} | {_cell(_meaning(option))} |"


def _values(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return ", ".join(f"`{choice}`" for choice in option.type.choices)
    many = ", may be repeated" if option.multiple else ""
    return f"`{option.metavar or option.type.name.upper()}`{many}"


def _meaning(option: click.Option) -> str:
    default = option.show_default if isinstance(option.show_default, str) else _default(option)
    text = (option.help or "").strip()
    return f"{text} (default: {default})".strip() if default else text


def _default(option: click.Option) -> str:
    if option.is_flag or option.multiple or not isinstance(option.default, str | int | float):
        return ""
    return f"`{option.default}`"


def _text(text: str | None) -> str:
    """Join the lines of each paragraph; click's mark of a kept paragraph is no text."""
    paragraphs = inspect.cleandoc(text or "").replace("\b", "").split("\n\n")
    return "\n\n".join(_cell(" ".join(p.split())) for p in paragraphs if p.strip())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(command_page(), encoding="utf-8")
