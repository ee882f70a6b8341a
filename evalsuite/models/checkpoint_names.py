"""Names of checkpoints: ``path:out/checkpoint-*`` and the models behind it, in order of step.

The step is the number at the end of a folder's name.
"""

from __future__ import annotations

import glob
import re
from pathlib import Path

from evalsuite.errors import InvalidInputError, UnknownModelError
from evalsuite.models.local import find_on_disk
from evalsuite.records.dataclass import dataclass

__all__ = ["Checkpoints", "expand_checkpoints"]

_PREFIX = "path:"
_STEP = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """The checkpoints of one training against one base."""

    base: str
    pattern: str
    """As typed."""
    steps: tuple[int, ...]
    trained: tuple[str, ...]
    """One name a step, in order."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every model once, base first."""
        return (self.base, *self.trained)


def expand_checkpoints(names: tuple[str, ...]) -> Checkpoints | None:
    """Find out whether names as typed, base first, stand for the checkpoints of a training.

    None where no name is a pattern behind ``path:``. Raises UnknownModelError where nothing
    matches, InvalidInputError where a match is no model or has no step of its own, where there are
    fewer than two, or where the pattern does not stand alone.
    """
    patterns = [name for name in names if _is_pattern(name)]
    if not patterns:
        return None
    base, *trained = names
    if trained != patterns or len(trained) != 1:
        raise InvalidInputError(
            "{pattern}: the checkpoints of one training stand alone, after their base; compare "
            "other models in a command of their own",
            pattern=patterns[0],
        )
    (pattern,) = trained
    steps = _steps(pattern)
    return Checkpoints(
        base=base,
        pattern=pattern,
        steps=tuple(steps),
        trained=tuple(f"{_PREFIX}{path}" for path in steps.values()),
    )


def _is_pattern(name: str) -> bool:
    path = name.removeprefix(_PREFIX)
    return name.startswith(_PREFIX) and glob.has_magic(path) and not Path(path).exists()


def _steps(pattern: str) -> dict[int, Path]:
    """List what a pattern matches, by rising step."""
    matches = sorted(Path(match) for match in glob.glob(pattern.removeprefix(_PREFIX)))  # noqa: PTH207  the pattern may be absolute
    if not matches:
        raise UnknownModelError(
            "{pattern!r} matches nothing; check the folder before the *", pattern=pattern
        )
    steps: dict[int, Path] = {}
    for path in matches:
        if find_on_disk(path) is None:
            raise InvalidInputError(
                "{pattern!r} matches {path}, which is no model; narrow it",
                pattern=pattern,
                path=path,
            )
        number = _STEP.search(path.name)
        if number is None or int(number[0]) in steps:
            raise InvalidInputError(
                "{pattern!r} matches {path}, whose name does not end in a step of its own, such "
                "as checkpoint-100; narrow it",
                pattern=pattern,
                path=path,
            )
        steps[int(number[0])] = path
    if len(steps) < 2:
        raise InvalidInputError(
            "{pattern!r} matches {match} alone, and a curve takes two checkpoints or more; "
            "compare it by its own name, {prefix}{match}",
            pattern=pattern,
            match=matches[0],
            prefix=_PREFIX,
        )
    return dict(sorted(steps.items()))
