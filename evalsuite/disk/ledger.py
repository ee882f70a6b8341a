"""The ledger of a run store: ``ledger.jsonl`` beside the runs, which comparisons were made.

It knows lines, not what they mean.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from evalsuite.disk.files import read_text, sync_folder
from evalsuite.disk.journal import hold, mend
from evalsuite.records.codec import from_json, to_line
from evalsuite.records.ledger import LedgerLine

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["add_to_ledger", "read_ledger"]


def read_ledger(root: Path) -> tuple[LedgerLine, ...]:
    """Read which comparisons a run store has seen, in the order they were first made."""
    path = root / "ledger.jsonl"
    if not path.is_file():
        return ()
    text = read_text(path)
    # A last line without its newline was torn by a crash, or is being written: it is no line yet.
    whole = text[: text.rfind("\n") + 1].splitlines()
    return tuple(from_json(LedgerLine, line, origin=str(path)) for line in whole)


def add_to_ledger(root: Path, line: LedgerLine) -> int | None:
    """Add a comparison unless it is there, and give its number among those on its questions.

    None where the store can't be written to.
    """
    if not os.access(_nearest(root), os.W_OK):
        return None
    root.mkdir(parents=True, exist_ok=True)
    path = root / "ledger.jsonl"
    with hold(root / ".ledger.lock", str(path), seconds=10):
        mend(path)
        lines = read_ledger(root)
        if line not in lines:
            # To the disk before the first look: answers that outlive a power cut without it would
            # be judged as if nobody had looked.
            with path.open("a", encoding="ascii") as file:
                file.write(to_line(line))
                file.flush()
                os.fsync(file.fileno())
            sync_folder(root)
            lines = (*lines, line)
    return [each for each in lines if each.questions == line.questions].index(line) + 1


def _nearest(folder: Path) -> Path:
    """Return a folder, or the one it would be made in."""
    return next(each for each in (folder, *folder.resolve().parents) if each.exists())
