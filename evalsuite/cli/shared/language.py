"""The language of an invocation, chosen for one command or for all of them.

A command's own ``--lang`` wins over one that stands before the command, that over its variable
(``EVALSUITE_COMPARE_LANG``), and that over its section (``lang`` in ``[compare]``). Where none of
them says it, ``EVALSUITE_LANG`` does, and then the line ``lang`` above all sections of the settings
file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from evalsuite.errors import Clause, InvalidInputError, joined
from evalsuite.models.project import general_settings, project_settings
from evalsuite.records.dataclass import dataclass
from evalsuite.reporting import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "DEFAULT",
    "VARIABLE",
    "Chosen",
    "LanguageOption",
    "chosen_for_all",
    "lang_option",
    "language_for_all_option",
    "language_of",
]

VARIABLE = "EVALSUITE_LANG"
"""Holds for every command."""
DEFAULT = "en"
_COMMAND = re.compile("[a-z]+")
_BEFORE = "lang_before"
"""Of the program itself, not of one of its commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A language, and what chose it for all commands."""

    lang: str
    origin: str
    """The variable's name, or the settings file."""


def chosen_for_all(folder: Path = Path()) -> Chosen | None:
    """Read the language that holds for every command; None where none is chosen.

    Raises
    ------
    InvalidInputError
        Where it is none of those there are.
    """
    written = os.environ.get(VARIABLE)
    if written:
        return Chosen(lang=_checked(_plain(written), VARIABLE), origin=VARIABLE)
    general, file = general_settings(folder)
    if "lang" not in general:
        return None
    return Chosen(
        lang=_checked(general["lang"], Clause("lang in {file}", file=file)), origin=str(file)
    )


def _plain(locale: str) -> str:
    """Read a language as locales write it: ``zh_CN.UTF-8`` is Chinese."""
    return re.split("[_.-]", locale, maxsplit=1)[0].lower()


def _checked(written: Any, where: str) -> str:
    if written not in LANGUAGES:
        raise InvalidInputError(
            "{where} is {written!r}; use {languages}",
            where=where,
            written=written,
            languages=joined(LANGUAGES, " or "),
        )
    return str(written)


class LanguageOption(click.Option):
    """``--lang``: where the command has no choice of its own, the one for all commands."""

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Give the value and its source, as click does."""
        value, source = super().consume_value(ctx, opts)
        before = ctx.find_root().params.get(_BEFORE)
        if before is not None and source is not ParameterSource.COMMANDLINE:
            return before, ParameterSource.COMMANDLINE
        if source is not ParameterSource.DEFAULT or ctx.resilient_parsing:
            return value, source
        chosen = chosen_for_all()
        if chosen is None:
            return value, source
        is_variable = chosen.origin == VARIABLE
        return chosen.lang, (
            ParameterSource.ENVIRONMENT if is_variable else ParameterSource.DEFAULT_MAP
        )

    def is_left_open(self, ctx: click.Context) -> bool:
        """Whether variable and section of the command itself say nothing."""
        return super().consume_value(ctx, {})[1] is ParameterSource.DEFAULT


lang_option = click.option(
    "--lang",
    cls=LanguageOption,
    type=click.Choice(LANGUAGES),
    default=DEFAULT,
    show_default=True,
    help=f"Language of what is printed; {VARIABLE}, or lang in evalsuite.toml, for all commands.",
)
"""The language of a command that prints sentences."""
language_for_all_option = click.option(
    "--lang",
    _BEFORE,
    type=click.Choice(LANGUAGES),
    allow_from_autoenv=False,  # the variable may be a locale, which is read where it counts
    help="Language of the command that follows, and of this help.",
)
"""The language before any command."""


def language_of(argv: Sequence[str], folder: Path = Path()) -> str:
    """Tell the language of a command line whatever is wrong with it, its settings or variables.

    Parameters
    ----------
    argv
        As typed, without the program's name.
    folder
        Where the settings lie.
    """
    return next((each for each in _candidates(argv, folder) if each in LANGUAGES), DEFAULT)


def _candidates(argv: Sequence[str], folder: Path) -> Iterator[Any]:
    """List what is written in each place, the nearest to the command first."""
    yield from reversed(_options(argv))
    command = [word for word in argv if _COMMAND.fullmatch(word)][:2]
    paths = [command[:length] for length in range(len(command), 0, -1)]
    for path in paths:
        yield os.environ.get("_".join(["EVALSUITE", *path, "LANG"]).upper())
    sections = _readable(project_settings, folder)
    for path in paths:
        yield _within(sections, [*path, "lang"])
    yield _plain(os.environ.get(VARIABLE, ""))
    yield _readable(general_settings, folder).get("lang")


def _options(argv: Sequence[str]) -> list[str]:
    """List every ``--lang VALUE`` and ``--lang=VALUE``; click takes the last."""
    pairs = zip(argv, [*argv, ""][1:], strict=True)
    return [
        following if word == "--lang" else word.removeprefix("--lang=")
        for word, following in pairs
        if word == "--lang" or word.startswith("--lang=")
    ]


def _readable(read: Any, folder: Path) -> dict[str, Any]:
    """Read settings as far as they can be read: what is wrong with them is told elsewhere."""
    try:
        settings: dict[str, Any] = read(folder)[0]
    except (InvalidInputError, OSError):
        return {}
    return settings


def _within(settings: Any, path: Sequence[str]) -> Any:
    for key in path:
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings
