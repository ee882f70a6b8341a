"""Defaults of a project: ``evalsuite.toml``, or ``[tool.evalsuite]`` in pyproject.toml.

A section named after a command holds its options (``[compare]`` with ``subset-size = 200``).
The command line wins over environment variables, those over the file. ``[models]`` holds aliases
and is read elsewhere. An unknown section is an error, as a mistyped default would go unnoticed.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.models.project import project_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["read_defaults"]

_RENAMED = {"compare": {"seeds": "subsets"}, "run": {"seeds": "subsets"}}
"""Other names of options: ``--seeds`` of these commands is the number of seeded subsets."""


def read_defaults(commands: Iterable[str], folder: Path = Path()) -> dict[str, Any]:
    """Read the defaults of every command, as click's ``default_map``.

    Raises `InvalidInputError` if the file is no TOML or has an unknown section.
    """
    sections, origin = project_settings(folder)
    known = set(commands)
    for name in sections.keys() - known - {"models"}:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean [{close[0]}]?" if close else f"use one of {', '.join(sorted(known))}"
        raise InvalidInputError(f"{origin} has an unknown section [{name}]; {hint}")
    return {
        command: {_option(command, key): _plain(value) for key, value in options.items()}
        for command, options in sections.items()
        if command != "models"
    }


def _option(command: str, key: str) -> str:
    name = key.replace("-", "_")
    return _RENAMED.get(command, {}).get(name, name)


def _plain(value: Any) -> Any:
    """Write lists as the command line would: ``[300, 512]`` is ``300,512``."""
    return ",".join(map(str, value)) if isinstance(value, list) else value
