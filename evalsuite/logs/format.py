"""Format: how a tool's files are found, known and read; one record for each.

It knows no tool; `evalsuite.logs.known` lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.logs.log import LogFile
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evalsuite.logs.log import Columns, Format, Log

__all__ = ["LogFormat", "holding_one", "holding_several", "perhaps_in_part"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFormat:
    """One format: how its files are found, known and read."""

    name: Format
    read: Callable[[LogFile, Columns, bool], tuple[Log, ...]]
    """A file, its columns where it is a table, and whether questions may be missing."""
    files: tuple[str, ...] = ("*.jsonl",)
    """What its files are called in a folder."""
    is_line: Callable[[Mapping[str, Any]], bool] | None = None
    """Of JSON lines: knows it by the keys of the first one."""
    columns: frozenset[str] | None = None
    """Of parquet: those that its files have and no other table."""
    describe_one: Callable[[Path], LogFile] | None = None
    describe_among: Callable[[Path, Sequence[Path]], LogFile] | None = None
    """Where several files that were named together are one log."""

    def describe(self, path: Path, paths: Sequence[Path]) -> LogFile:
        """Describe one of the files that were named together."""
        if self.describe_among is not None:
            return self.describe_among(path, paths)
        if self.describe_one is not None:
            return self.describe_one(path)
        return LogFile(format=self.name, path=path)


def holding_one(
    read: Callable[[LogFile], Log],
) -> Callable[[LogFile, Columns, bool], tuple[Log, ...]]:
    """Adapt the reader of a format whose files hold one log each."""
    return lambda file, columns, allow_missing: (read(file),)  # noqa: ARG005  the one shape


def holding_several(
    read: Callable[[LogFile], tuple[Log, ...]],
) -> Callable[[LogFile, Columns, bool], tuple[Log, ...]]:
    """Adapt the reader of a format whose files hold a log for each task or model."""
    return lambda file, columns, allow_missing: read(file)  # noqa: ARG005  the one shape


def perhaps_in_part(
    read: Callable[..., Log],
) -> Callable[[LogFile, Columns, bool], tuple[Log, ...]]:
    """Adapt the reader of a format whose tool may have failed on some of the questions."""
    return lambda file, columns, allow_missing: (  # noqa: ARG005  the one shape
        read(file, allow_missing=allow_missing),
    )
