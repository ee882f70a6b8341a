"""The settings file of a project: ``evalsuite.toml``, or ``[tool.evalsuite]`` in pyproject.toml.

Its section ``[models]`` holds the aliases, which are also written here. What is written is read
back before it stands: a settings file that no command can read would stop them all.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import write_atomically
from evalsuite.errors import Clause, InvalidInputError, joined

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "GENERAL",
    "general_settings",
    "nearest",
    "project_settings",
    "read_aliases",
    "read_toml",
    "table",
    "write_alias",
]

GENERAL = ("lang",)
"""Keys that stand above all sections and hold for every command."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
"""A TOML key that needs no quotes; Python's identifiers are more."""
_ENTRY = ("source",)


def project_settings(folder: Path) -> tuple[dict[str, dict[str, Any]], Path]:
    """Read every section of the settings of a project in a folder, and name their file.

    Empty where there is no file; ``evalsuite.toml`` wins over pyproject.toml. Raises
    InvalidInputError where the file is no TOML, or holds something else than sections and what is
    general.
    """
    settings, origin = _settings(folder)
    return _sections(settings, origin), origin


def general_settings(folder: Path) -> tuple[dict[str, Any], Path]:
    """Read what stands above all sections, as it is written, and name the file."""
    settings, origin = _settings(folder)
    return {key: settings[key] for key in GENERAL if key in settings}, origin


def _settings(folder: Path) -> tuple[dict[str, Any], Path]:
    own, project = folder / "evalsuite.toml", folder / "pyproject.toml"
    if own.is_file() or not project.is_file():
        return read_toml(own) if own.is_file() else {}, own
    tools = table(read_toml(project).get("tool", {}), "[tool]", project)
    return table(tools.get("evalsuite", {}), "[tool.evalsuite]", project), project


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises InvalidInputError where it can't be read or is no TOML."""
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInputError(
            "can't read {path}: {error}; mend the file", path=path, error=error
        ) from error


def read_aliases(folder: Path = Path()) -> dict[str, str]:
    """Read the model aliases of a project: alias to source, such as ``"path:runs/grpo/model"``.

    Raises InvalidInputError where the settings file is no TOML, an alias has no ``source`` or a key
    that does not exist, or aliases lead in a circle.
    """
    sections, origin = project_settings(folder)
    return _aliases(sections.get("models", {}), origin)


def write_alias(alias: str, source: str, *, folder: Path = Path()) -> Path:
    """Set an alias in the ``evalsuite.toml`` of a folder, made where it is missing; name the file.

    Everything else in the file stays as it is. Raises InvalidInputError where the file would not be
    read back with this alias and all it held before.
    """
    if not re.fullmatch(r"[\w@.-]+", alias):
        raise InvalidInputError(
            "alias {alias!r} must be letters, digits, '-', '_', '.' or '@'", alias=alias
        )
    path = folder / "evalsuite.toml"
    before = read_toml(path) if path.is_file() else {}
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    written = _with_entry(text, alias, source)
    models = table(before.get("models", {}), "[models]", path) | {alias: {"source": source}}
    _aliases(models, path)
    expected = before | {"models": models}
    if not _reads_as(written, expected):
        raise InvalidInputError(
            "{path} can't take the alias {alias!r} without harm to what it holds; write "
            "[models.{key}] with source = {source} into it by hand",
            path=path,
            alias=alias,
            key=_key(alias),
            source=_string(source),
        )
    write_atomically(path, written)
    return path


def nearest(name: str, known: Iterable[str]) -> Clause:
    """Suggest the known name that a misspelt one may stand for, or list them all."""
    known = sorted(known)
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    if close:
        return Clause("did you mean {near}?", near=close[0])
    return Clause("use one of {known}", known=joined(known))


def _sections(settings: dict[str, Any], origin: Path) -> dict[str, dict[str, Any]]:
    if settings:
        _check_general(settings, origin)
    return {
        name: table(value, f"[{name}]", origin)
        for name, value in settings.items()
        if name not in GENERAL
    }


def _check_general(settings: dict[str, Any], origin: Path) -> None:
    from difflib import get_close_matches

    for name, value in settings.items():
        close = () if isinstance(value, dict) else get_close_matches(name, GENERAL, n=1)
        if close and name not in GENERAL:
            raise InvalidInputError(
                "{name} in {origin} is no setting; did you mean {close}?",
                name=name,
                origin=origin,
                close=close[0],
            )


def table(value: Any, name: str, origin: Path) -> dict[str, Any]:
    """Return a section; raises InvalidInputError where it is something else."""
    if not isinstance(value, dict):
        raise InvalidInputError(
            "{name} in {origin} is no section; write {name} and its keys below",
            name=name,
            origin=origin,
        )
    return value


def _aliases(models: dict[str, Any], origin: Path) -> dict[str, str]:
    aliases = {}
    for alias, entry in models.items():
        if isinstance(entry, dict):
            _refuse_unknown(entry, alias, origin)
        source = entry.get("source") if isinstance(entry, dict) else entry
        if not isinstance(source, str) or source == alias:
            raise InvalidInputError(
                "alias {alias!r} in {origin} needs a source; write source = 'hf:org/name'",
                alias=alias,
                origin=origin,
            )
        aliases[alias] = source
    _refuse_circles(aliases, origin)
    return aliases


def _refuse_unknown(entry: dict[str, Any], alias: str, origin: Path) -> None:
    for key in entry.keys() - set(_ENTRY):
        raise InvalidInputError(
            "alias {alias!r} in {origin} has an unknown key {key!r}; {hint}",
            alias=alias,
            origin=origin,
            key=key,
            hint=nearest(key, _ENTRY),
        )


def _refuse_circles(aliases: dict[str, str], origin: Path) -> None:
    for alias, source in aliases.items():
        seen, name = [alias], source.removeprefix("alias:")
        while name in aliases and name not in seen:
            seen.append(name)
            name = aliases[name].removeprefix("alias:")
        if name in seen:
            raise InvalidInputError(
                "aliases in {origin} lead in a circle: {circle}; give one of them a model",
                origin=origin,
                circle=" -> ".join([*seen, name]),
            )


def _with_entry(text: str, alias: str, source: str) -> str:
    """Put an alias in the place of its section, or after everything else.

    Edited as text: no TOML writer would keep the user's comments.
    """
    block = f"[models.{_key(alias)}]\nsource = {_string(source)}\n"
    lines = text.split("\n")
    headers = [i for i, line in enumerate(lines) if line.lstrip().startswith("[")]
    for header, end in pairwise([*headers, len(lines)]):
        if _is_header_of(lines[header], alias):
            before, after = "\n".join([*lines[:header], ""]), "\n".join(lines[end:]).rstrip()
            return f"{before}{block}\n{after}".rstrip() + "\n"
    return f"{text.rstrip()}\n\n{block}".lstrip("\n")


def _is_header_of(line: str, alias: str) -> bool:
    """Tell however the header is quoted."""
    import tomllib

    try:
        return tomllib.loads(line) == {"models": {alias: {}}}
    except tomllib.TOMLDecodeError:  # such as an array over several lines
        return False


def _reads_as(text: str, expected: dict[str, Any]) -> bool:
    import tomllib

    try:
        text.encode()
        return tomllib.loads(text) == expected
    except ValueError:
        return False


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _string(value: str) -> str:
    # JSON's escapes are TOML's, but for characters above U+FFFF, which JSON would write as two.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
