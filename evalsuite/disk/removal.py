"""Removal of a run: cut off anywhere, it leaves a run that every command still understands.

It asks nobody and knows no names of runs.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from evalsuite.disk.journal import hold

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_remnant", "remove_run"]

_MARKERS = ("complete.json", "shard-*-of-*.json", "sessions*.jsonl")
"""What says that answers are there. It goes first: what then still lies there is an unfinished run,
and what it misses is asked again."""
_LAST = "questions.jsonl"
"""After the specification, which says that the questions are there."""


def remove_run(folder: Path) -> None:
    """Remove a run, its shards and the runs below it.

    Raises RunFailedError, with nothing removed, where a process is at work on any of it.
    """
    with ExitStack() as locks:
        # A shard's lock too: its process would write answers into a folder that is gone.
        for lock in sorted({folder / ".lock", *folder.rglob(".*.lock"), *folder.rglob(".lock")}):
            locks.enter_context(hold(lock, str(folder)))
        for path in _in_order(folder):
            path.unlink(missing_ok=True)
        shutil.rmtree(folder)


def is_remnant(folder: Path) -> bool:
    """Return whether a folder holds what is left of a removal, or of a run that never began."""
    return folder.is_dir() and not any(
        path.is_dir() or not (path.name == _LAST or path.name.startswith("."))
        for path in folder.iterdir()
    )


def _in_order(folder: Path) -> list[Path]:
    """List the files of a run, those of the runs below it before their own."""
    below = [path for each in sorted(folder.iterdir()) if each.is_dir() for path in _in_order(each)]
    markers = [path for pattern in _MARKERS for path in sorted(folder.glob(pattern))]
    ends = [folder / "spec.json", folder / _LAST]
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    others = [path for path in files if not path.is_dir() and path not in (*markers, *ends)]
    return [*below, *markers, *others, *ends]
