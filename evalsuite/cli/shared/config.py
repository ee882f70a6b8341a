"""Defaults of a project: ``evalsuite.toml``, or ``[tool.evalsuite]`` in pyproject.toml.

A section named after a command holds its options (``[compare]`` with ``subset-size = 200``).
The command line wins over environment variables, those over the file. ``[models]`` holds aliases
and is read elsewhere. An unknown section or option is an error, as a mistyped default would go
unnoticed.
"""

from __future__ import annotations

from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.models.project import nearest, project_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = ["read_defaults"]

_RENAMED = {"compare": {"seeds": "subsets"}, "run": {"seeds": "subsets"}}
"""Other names of options: ``--seeds`` of these commands is the number of seeded subsets."""


def read_defaults(
    commands: Iterable[str],
    folder: Path = Path(),
    *,
    options_of: Callable[[str], Collection[str]] | None = None,
) -> dict[str, Any]:
    """Read the defaults of every command, as click's ``default_map``.

    ``options_of`` lists the options of a command, ``subset_size`` for ``--subset-size``; it is
    asked for the commands that have a section. Raises `InvalidInputError` if the file is no TOML or
    has a section or an option that does not exist.
    """
    sections, origin = project_settings(folder)
    known = set(commands)
    for name in sections.keys() - known - {"models"}:
        raise InvalidInputError(
            f"{origin} has an unknown section [{name}]; {_section(name, known)}"
        )
    defaults = {
        command: {
            _option(command, key): _plain(value, f"{key} of [{command}] in {origin}")
            for key, value in options.items()
        }
        for command, options in sections.items()
        if command != "models"
    }
    if options_of is not None:
        for command, options in defaults.items():
            _refuse_unknown(command, options, options_of(command), origin)
    return defaults


def _section(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean [{close[0]}]?" if close else f"use one of {', '.join(sorted(known))}"


def _refuse_unknown(
    command: str, options: Iterable[str], known: Collection[str], origin: Path
) -> None:
    for option in options:
        if option not in known:
            name = option.replace("_", "-")
            hint = nearest(name, [key.replace("_", "-") for key in known])
            raise InvalidInputError(f"[{command}] in {origin} has no option {name!r}; {hint}")


def _option(command: str, key: str) -> str:
    name = key.replace("-", "_")
    return _RENAMED.get(command, {}).get(name, name)


def _plain(value: Any, where: str) -> Any:
    """Write lists as the command line would: ``[300, 512]`` is ``300,512``."""
    if isinstance(value, (date, time)):  # which TOML has, and no option
        raise InvalidInputError(f"{where} is {value}, a date or time; write it in quotes")
    return ",".join(map(str, value)) if isinstance(value, list) else value
