"""Lines of eval-arena, which keep how many of a model's answers to a question were right.

Of the answers themselves they hold nothing. Held against five files of its own repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, at_line
from evalsuite.logs.formats.answers import AnswerRow, log_of_answers
from evalsuite.logs.lines import identity_of, json_lines, number
from evalsuite.logs.log import Harness, LogFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = [
    "arena_file",
    "is_arena",
    "read_arena",
]


def is_arena(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of eval-arena's."""
    return {"benchmark_id", "example_id", "model"} <= row.keys() and (
        "pass1" in row or {"correct", "count"} <= row.keys()
    )


def arena_file(path: Path) -> LogFile:
    """Describe a file, which holds any number of benchmarks and models."""
    return LogFile(format="eval-arena", path=path)


def read_arena(file: LogFile) -> tuple[Log, ...]:
    """Read one log a benchmark and model; a question's score is its share of right answers."""
    groups: dict[tuple[str, str], list[AnswerRow]] = {}
    for line, row in json_lines(file.path):
        where = at_line(file.path, line)
        key = str(row.get("benchmark_id")), str(row.get("model"))
        example = str(identity_of(row, "example_id", where))
        answer = AnswerRow(
            where=where, native_id=example, repeat=0, scores={"pass1": _share(row, where)}
        )
        groups.setdefault(key, []).append(answer)
    return tuple(
        log_of_answers(
            rows,
            file.path.name,
            format="eval-arena",
            harness=Harness(name="eval-arena", version=None),
            model=model,
            task=task,
            files=(file.path,),
        )
        for (task, model), rows in groups.items()
    )


def _share(row: Mapping[str, Any], where: str) -> float | None:
    """Return right answers over all, held against the share that the line itself states."""
    right, count, stated = (number(row.get(key)) for key in ("correct", "count", "pass1"))
    if right is None or count is None:
        return stated
    share = right / count if count > 0 else None
    if share is None or (stated is not None and abs(share - stated) > 1e-6):
        raise InvalidInputError(
            "{where} counts {right:g} right of {count:g} and says pass1 {stated}; mend it",
            where=where,
            right=right,
            count=count,
            stated=stated,
        )
    return share
