"""``evalsuite config``: the settings that are in force, and where each of them comes from."""

from __future__ import annotations

import os
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from evalsuite.cli.shared.language import (
    VARIABLE,
    LanguageOption,
    chosen_for_all,
    lang_option,
)
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.columns import padded
from evalsuite.errors import InvalidInputError
from evalsuite.models.project import general_settings, nearest, project_settings, read_aliases
from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.outputs.inert import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.wording import Words

__all__ = ["Setting", "command"]

_LONGEST = 60
"""Columns of a value that the others are set out for; a longer one pushes its origin off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One option of one command, with its value and where that comes from."""

    command: str
    """``all`` for what holds for every command."""
    option: str
    value: Any
    origin: str
    """A file, the name of a variable, ``--lang``, or ``default``."""


@click.command()
@click.argument("name", metavar="[COMMAND]", required=False)
@lang_option
@json_option
@click.pass_context
def command(ctx: click.Context, name: str | None, *, lang: str, as_json: bool) -> None:
    """Show what is set here and where it comes from; of COMMAND, every option.

    An option that is given on the command line wins over a variable, that over the file, and the
    file over the default.
    """
    root = ctx.find_root()
    settings = list(_settings(root, name))
    if as_json:
        from evalsuite.records.codec import to_json

        click.echo(to_json({"settings": [asdict(each) for each in settings]}), nl=False)
        return
    from evalsuite.reporting.outputs.inert import columns
    from evalsuite.reporting.wording import words

    catalogue = words(lang)
    sections, origin = project_settings(Path())
    is_there = sections or general_settings(Path())[0]
    file = str(origin) if is_there else catalogue.text("settings.no_file")
    click.echo(catalogue.say("settings.file", file=file))
    if not settings:
        click.echo(catalogue.text("settings.nothing_set"))
    labels = [_label(each, catalogue) for each in settings]
    width = max(map(columns, labels), default=0)
    shown = [columns(_shown(each.value, catalogue)) for each in settings]
    longest = max((n for n in shown if n <= _LONGEST), default=0)
    for each, label in zip(settings, labels, strict=True):
        value = padded(_shown(each.value, catalogue), longest)
        click.echo(f"  {padded(label, width)}  {value} {_origin(each, catalogue)}")


def _settings(root: click.Context, name: str | None) -> Iterator[Setting]:
    """List the options of a command, or what is set of all of them, aliases first."""
    group = cast("click.Group", root.command)
    names = group.list_commands(root)
    if name is not None and name not in names:
        raise InvalidInputError(
            "{name!r} is no command; {hint}", name=name, hint=nearest(name, names)
        )
    if name is None:
        chosen = chosen_for_all()
        if chosen is not None:
            yield Setting(command="all", option="lang", value=chosen.lang, origin=chosen.origin)
        _, origin = project_settings(Path())
        for alias, source in read_aliases().items():
            yield Setting(command="models", option=alias, value=source, origin=str(origin))
    for each in names if name is None else [name]:
        command = group.get_command(root, each)
        if command is not None:
            with click.Context(command, parent=root, info_name=each) as context:
                yield from _options(context, each, every=name is not None)


def _options(context: click.Context, path: str, *, every: bool) -> Iterator[Setting]:
    for parameter in context.command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            setting = _setting(context, path, parameter)
            if every or (setting.origin != "default" and not _holds_for_all(context, parameter)):
                yield setting
    if isinstance(context.command, click.Group):
        for name, inner in context.command.commands.items():
            with click.Context(inner, parent=context, info_name=name) as below:
                yield from _options(below, f"{path} {name}", every=every)


def _holds_for_all(context: click.Context, option: click.Option) -> bool:
    return isinstance(option, LanguageOption) and option.is_left_open(context)


def _setting(context: click.Context, path: str, option: click.Option) -> Setting:
    """Ask click as it asks itself: the value, checked, and its source."""
    written, source = option.consume_value(context, {})
    is_set = source in (ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)
    value = option.type_cast_value(context, written) if is_set else written
    origin = {
        ParameterSource.COMMANDLINE: "--lang",  # before the command, which is the only one there
        ParameterSource.ENVIRONMENT: _variable(context, option),
        ParameterSource.DEFAULT_MAP: str(project_settings(Path())[1]),
    }.get(source, "default")
    longest = max(option.opts, key=len).removeprefix("--")
    return Setting(command=path, option=longest, value=_plain(value), origin=origin)


def _variable(context: click.Context, option: click.Option) -> str:
    """Name the variable that is read: of an option's names the first, then its parameter's."""
    names = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    names += [VARIABLE] if isinstance(option, LanguageOption) else []
    by_parameter = f"{context.auto_envvar_prefix}_{str(option.name).upper()}"
    return next((name for name in names if os.environ.get(name)), by_parameter)


def _plain(value: Any) -> Any:
    """Turn a value into JSON's types; click marks what has no default by an object of its own."""
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, Path) or (isinstance(value, float) and not isfinite(value)):
        return str(value)
    return value if isinstance(value, (str, int, float)) else None


def _label(setting: Setting, catalogue: Words) -> str:
    if setting.command == "all":
        return str(catalogue.say("settings.all", option=setting.option))
    return f"{setting.command} {setting.option}"


def _origin(setting: Setting, catalogue: Words) -> str:
    is_default = setting.origin == "default"
    return catalogue.text("settings.default") if is_default else setting.origin


def _shown(value: Any, catalogue: Words) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return catalogue.text("settings.yes" if value else "settings.no")
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return one_line(text, longest=200)
