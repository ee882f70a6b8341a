"""Defaults of a project: ``evalsuite.toml``, or ``[tool.evalsuite]`` in pyproject.toml.

A section named after a command holds its options (``[compare]`` with ``subset-size = 200``).
The command line wins over environment variables, those over the file. ``[models]`` holds aliases
and is read elsewhere. An unknown section or option is an error, as a mistyped default would go
unnoticed.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from evalsuite.errors import InvalidInputError
from evalsuite.models.project import nearest, project_settings, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["read_defaults"]

_RENAMED = {"compare": {"seeds": "subsets"}, "run": {"seeds": "subsets"}}
"""Other names of options: ``--seeds`` of these commands is the number of seeded subsets."""


def read_defaults(ctx: click.Context, folder: Path = Path()) -> dict[str, Any]:
    """Read the defaults of every command of a context's group, as click's ``default_map``.

    A value is text, as the command line would write it; several are a list. Only commands that have
    a section are loaded. Raises `InvalidInputError` if the file is no TOML or has a section, an
    option or a kind of value that does not exist.
    """
    group = cast("click.Group", ctx.command)
    sections, origin = project_settings(folder)
    known = set(group.list_commands(ctx))
    for name in sections.keys() - known - {"models"}:
        raise InvalidInputError(
            f"{origin} has an unknown section [{name}]; {_section(name, known)}"
        )
    return {
        name: _defaults(cast("click.Command", group.get_command(ctx, name)), values, name, origin)
        for name, values in sections.items()
        if name != "models"
    }


def _section(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean [{close[0]}]?" if close else f"use one of {', '.join(sorted(known))}"


def _defaults(
    command: click.Command, values: Mapping[str, Any], name: str, origin: Path
) -> dict[str, Any]:
    """Read one section; a group's holds those of its commands, ``[runs.list]``."""
    inner = command.commands if isinstance(command, click.Group) else {}
    parameters = {str(each.name): each for each in command.params}
    defaults: dict[str, Any] = {}
    for key, value in values.items():
        if key in inner:
            section = f"{name}.{key}"
            below = table(value, f"[{section}]", origin)
            defaults[key] = _defaults(inner[key], below, section, origin)
            continue
        written = key.replace("-", "_")
        parameter = parameters.get(_RENAMED.get(name, {}).get(written, written))
        if parameter is None:
            names = [each.replace("_", "-") for each in (*parameters, *inner)]
            hint = nearest(key.replace("_", "-"), names)
            raise InvalidInputError(f"[{name}] in {origin} has no option {key!r}; {hint}")
        defaults[str(parameter.name)] = _written(value, parameter, f"{key} of [{name}] in {origin}")
    return defaults


def _written(value: Any, parameter: click.Parameter, where: str) -> str | list[str]:
    """Write a value as the command line would: ``[300, 512]`` is ``300,512``, or two values."""
    texts = [_text(each, where) for each in (value if isinstance(value, list) else [value])]
    is_repeatable = parameter.multiple if isinstance(parameter, click.Option) else False
    return texts if is_repeatable or parameter.nargs != 1 else ",".join(texts)


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise InvalidInputError(
        f"{where} is {value!r}, which is no value of an option; write a text, a number, true or "
        "false, or a list of these"
    )
