"""The settings file of a project: ``evalsuite.toml``, or ``[tool.evalsuite]`` in pyproject.toml."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["project_settings", "read_toml"]


def project_settings(folder: Path) -> tuple[dict[str, Any], Path]:
    """Read every section of the settings of a project in a folder, and name their file.

    Empty where there is no file; ``evalsuite.toml`` wins over pyproject.toml. Raises
    InvalidInputError where the file is no TOML.
    """
    own, project = folder / "evalsuite.toml", folder / "pyproject.toml"
    if own.is_file() or not project.is_file():
        return (read_toml(own) if own.is_file() else {}), own
    return read_toml(project).get("tool", {}).get("evalsuite", {}), project


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises InvalidInputError where it can't be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"can't read {path}: {error}; mend the file") from error
