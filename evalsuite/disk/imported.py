"""Runs that were made elsewhere, stored whole: written again only where they are others."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from evalsuite.disk.files import make_folder, read_lines, read_text
from evalsuite.disk.storage import (
    changed_files,
    held_run,
    is_complete,
    stored_environment,
    write_run,
)
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import to_json, to_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from evalsuite.records.run import Grade, Run

__all__ = ["store_run"]


def store_run(folder: Path, run: Run, grades: Callable[[], Iterable[Grade]] | None = None) -> None:
    """Write a whole run that was made elsewhere, such as in another tool; its lock is held.

    ``grades`` makes those of a run that is too large to hold them. A killed one leaves an
    unfinished run, which the same command replaces.
    """
    made = grades or (lambda: run.grades)
    make_folder(folder)
    # Seconds: two imports of one log write the same.
    with held_run(folder, seconds=10.0):
        if not _holds(folder, run, made()):
            (folder / "complete.json").unlink(missing_ok=True)
            write_run(folder, run, made())


def _holds(folder: Path, run: Run, grades: Iterable[Grade]) -> bool:
    """Return whether a folder holds this very run, whole; line by line, for it may be large."""
    lines = {
        "questions.jsonl": run.questions,
        "responses.jsonl": run.responses,
        "grades.jsonl": grades,
    }
    try:
        return (
            is_complete(folder)
            and not changed_files(folder)
            and read_text(folder / "spec.json") == to_json(run.spec)
            and read_text(folder / "environment.json") == to_json(stored_environment(run))
            and all(
                line is not None and record is not None and f"{line}\n" == to_line(record)
                for name, records in lines.items()
                for line, record in zip_longest(read_lines(folder / name), records)
            )
        )
    except InvalidInputError:
        return False
