"""Sources of values: the variable or the settings file that gave an option what a message is about.

A person looks for a mistake where the message says it is; an option that nobody typed is nowhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, joined
from evalsuite.models.project import project_settings

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["SourcedContext", "source_of"]


class SourcedContext(click.Context):
    """A context that notes on an error of ours which variables and settings it is about."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> bool | None:
        """Note the sources of the options that the error is about, and go on as click does."""
        if isinstance(exc_value, EvalsuiteError) and exc_value.source is None:
            about = [each for each in self.command.params if _is_about(exc_value, self, each)]
            sources = [source for each in about if (source := source_of(self, each))]
            exc_value.source = joined(sources) if sources else None
        return super().__exit__(exc_type, exc_value, tb)


def _is_about(error: EvalsuiteError, ctx: click.Context, parameter: click.Parameter) -> bool:
    """Tell whether an error repeats a parameter's value and says its name, in any order."""
    what, way_out = error.clause.parted({})
    value = ctx.params.get(str(parameter.name))
    values = [str(each) for each in (value if isinstance(value, tuple) else (value,))]
    names = [str(parameter.name), *(opt.lstrip("-") for opt in parameter.opts)]
    return _has_word(what, values) and _has_word(f"{what} {way_out}", names)


def _has_word(text: str, words: list[str]) -> bool:
    pattern = "|".join(re.escape(word) for word in words if word)
    return bool(pattern) and re.search(rf"(?<![\w.])(?:{pattern})(?![\w.])", text) is not None


def source_of(ctx: click.Context, parameter: click.Parameter) -> Clause | None:
    """Name what gave a parameter its value; None where it was typed, or nothing did."""
    source = ctx.get_parameter_source(str(parameter.name))
    if source is ParameterSource.ENVIRONMENT:
        return _variable(ctx, parameter)
    return _setting(ctx, parameter) if source is ParameterSource.DEFAULT_MAP else None


def _variable(ctx: click.Context, parameter: click.Parameter) -> Clause | None:
    own = parameter.envvar or []
    names = [own] if isinstance(own, str) else [*own]
    names.append(f"{ctx.auto_envvar_prefix}_{parameter.name}".upper())
    return next((Clause(name) for name in names if os.environ.get(name)), None)


def _setting(ctx: click.Context, parameter: click.Parameter) -> Clause | None:
    """Name key, section and file as they are written."""
    try:
        section, origin = project_settings(Path())
    except InvalidInputError:
        return None
    _, *path = ctx.command_path.split()
    for word in path:
        section = section.get(word, {})
    names = {opt.removeprefix("--") for opt in parameter.opts}
    names.add(str(parameter.name).replace("_", "-"))
    for key in section:
        if key.replace("_", "-") in names:
            where = Clause("[{name}] in {origin}", name=".".join(path), origin=origin)
            return Clause("{key} of {where}", key=key, where=where)
    return None
