"""Presets: the models and settings of known pairs, as TOML files that ship."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import EMBEDDED, read_aliases
from evalsuite.models.project import read_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.spec import CompareOptions

__all__ = ["preset_models", "preset_options", "read_preset"]

PRESETS = Path(__file__).parent.parent / "presets"


def read_preset(name: str) -> dict[str, Any]:
    """Read the sections ``models``, ``compare`` and ``train`` of a preset that ships.

    Raises
    ------
    InvalidInputError
        If there is no such preset.
    """
    path = PRESETS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in PRESETS.glob("*.toml")))
        raise InvalidInputError(f"preset {name!r} does not exist; use one of {known}")
    return read_toml(path)


def preset_options(name: str) -> CompareOptions:
    """Give a preset's settings of a comparison, lists as tuples."""
    section = read_preset(name).get("compare", {})
    options = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in section.items()
    }
    return cast("CompareOptions", options)


def preset_models(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Put a preset's models in the place of the names it knows; an alias of the project wins.

    Raises
    ------
    InvalidInputError
        Where the embedded model of the same name would fill in for a model the preset lacks.
    """
    models: dict[str, str] = read_preset(name).get("models", {})
    aliases = read_aliases()
    known = {*models, *aliases}
    missing = [given for given in names if given in EMBEDDED and given not in known]
    if missing and name != "tiny":
        raise InvalidInputError(
            f"preset {name} has no model {missing[0]!r}; train one with evalsuite train "
            f"--preset {name}, or name it: evalsuite compare base FOLDER --preset {name}"
        )
    # What a project named itself, as training does, is never swapped for what ships: a verdict on
    # somebody else's checkpoint would read like one on its own.
    return tuple(given if given in aliases else models.get(given, given) for given in names)
