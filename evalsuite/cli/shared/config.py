"""Defaults of a project: ``evalsuite.toml``, or ``[tool.evalsuite]`` in pyproject.toml.

A section named after a command holds its options by their own names (``[compare]`` with
``subset-size = 200``), and a variable is named after both (``EVALSUITE_COMPARE_SUBSET_SIZE``).
The command line wins over environment variables, those over the file. ``[models]`` holds aliases
and is read elsewhere. An unknown section, option or variable of a command is an error, as a
mistyped default would go unnoticed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from evalsuite.errors import Clause, InvalidInputError, joined
from evalsuite.models.project import nearest, project_settings, table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["name_variables", "read_defaults", "refuse_unknown_variables"]

_GENERAL = ("LANG", "DEBUG", "KERNELS")
"""Ends of the variables that are no option of one command."""


def name_variables(command: click.Command, prefix: str) -> None:
    """Let each option of a command be set by the variables of its names, ``PREFIX_SUBSET_SIZE``.

    click itself reads a variable by the name of the function's parameter only.
    """
    for option in command.params:
        if isinstance(option, click.Option):
            option.envvar = [_variable(prefix, name) for name in _names(option)]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            name_variables(inner, _variable(prefix, name))


def _variable(prefix: str, name: str) -> str:
    return f"{prefix}_{name}".replace("-", "_").upper()


def _names(parameter: click.Parameter) -> list[str]:
    """List the names of an option that a user may write, without dashes in front."""
    if isinstance(parameter, click.Argument):
        return [str(parameter.name)]
    return [opt.removeprefix("--") for opt in parameter.opts if opt.startswith("--")]


def refuse_unknown_variables(ctx: click.Context) -> None:
    """Refuse a variable that begins like one of ours and sets nothing.

    What begins otherwise after ``EVALSUITE_`` belongs to somebody else. Only commands that have a
    variable are loaded. Raises `InvalidInputError` with the near name.
    """
    group, start = cast("click.Group", ctx.command), f"{ctx.auto_envvar_prefix}_"
    commands = {name.upper(): name for name in group.list_commands(ctx)}
    for variable in sorted(name for name in os.environ if name.startswith(start)):
        word, _, option = variable.removeprefix(start).partition("_")
        if not os.environ[variable] or (word in _GENERAL and not option):
            continue
        if option and word in commands:
            command = cast("click.Command", group.get_command(ctx, commands[word]))
            _refuse_unknown_option(variable, command, start + word)
        elif close := _near(word, commands, cutoff=0.7) if option else _near(word, _GENERAL):
            near = f"{start}{close}_{option}" if option else f"{start}{close}"
            raise InvalidInputError(
                "the variable {variable} sets nothing; did you mean {near}?",
                variable=variable,
                near=near,
            )


def _refuse_unknown_option(variable: str, command: click.Command, prefix: str) -> None:
    known = set(_variables(command, prefix))
    if variable not in known:
        ends = [name.removeprefix(f"{prefix}_") for name in known]
        close = _near(variable.removeprefix(f"{prefix}_"), ends)
        path = prefix.lower().replace("_", " ")
        hint = Clause("see `{path} --help`", path=path)
        if close:
            hint = Clause("did you mean {near}?", near=f"{prefix}_{close}")
        raise InvalidInputError(
            "the variable {variable} sets no option of {path}; {hint}",
            variable=variable,
            path=path,
            hint=hint,
        )


def _near(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, n=1, cutoff=cutoff)), None)


def _variables(command: click.Command, prefix: str) -> Iterator[str]:
    """List every variable that sets an option of a command or of those within."""
    for option in command.params:
        if isinstance(option, click.Option):
            yield from (_variable(prefix, name) for name in (*_names(option), str(option.name)))
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _variables(inner, _variable(prefix, name))


def _by_name(command: click.Command) -> dict[str, click.Parameter]:
    """Find parameters by every name that a section may hold; the names users know come first."""
    known = {name: each for each in command.params for name in _names(each)}
    # Settings that were written when only the names of the function's parameters were read.
    return {str(each.name).replace("_", "-"): each for each in command.params} | known


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
            "{origin} has an unknown section [{name}]; {hint}",
            origin=origin,
            name=name,
            hint=_section(name, known),
        )
    return {
        name: _defaults(cast("click.Command", group.get_command(ctx, name)), values, name, origin)
        for name, values in sections.items()
        if name != "models"
    }


def _section(name: str, known: Collection[str]) -> Clause:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    if close:
        return Clause("did you mean [{near}]?", near=close[0])
    return Clause("use one of {known}", known=joined(sorted(known)))


def _defaults(
    command: click.Command, values: Mapping[str, Any], name: str, origin: Path
) -> dict[str, Any]:
    """Read one section; a group's holds those of its commands, ``[runs.list]``."""
    inner = command.commands if isinstance(command, click.Group) else {}
    parameters, where = _by_name(command), Clause("[{name}] in {origin}", name=name, origin=origin)
    defaults: dict[str, Any] = {}
    for key, value in values.items():
        option = key.replace("_", "-")
        if key in inner:
            section = f"{name}.{key}"
            below = table(value, f"[{section}]", origin)
            defaults[key] = _defaults(inner[key], below, section, origin)
        elif option not in parameters:
            known = [each for parameter in command.params for each in _names(parameter)]
            hint = nearest(option, [*known, *inner])
            raise InvalidInputError(
                "{where} has no option {option!r}; {hint}", where=where, option=option, hint=hint
            )
        elif (parameter := str(parameters[option].name)) in defaults:
            raise InvalidInputError(
                "{where} sets one option twice, again as {key!r}; keep one", where=where, key=key
            )
        else:
            defaults[parameter] = _written(
                value, parameters[option], Clause("{key} of {where}", key=key, where=where)
            )
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
        "{where} is {value!r}, which is no value of an option; write a text, a number, true or "
        "false, or a list of these",
        where=where,
        value=value,
    )
