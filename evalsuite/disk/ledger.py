"""The ledger of a run store: ``ledger.jsonl`` beside the runs, which comparisons were made.

It knows lines, not what they mean.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from evalsuite.disk.files import read_text, sync_folder
from evalsuite.disk.journal import hold, mend
from evalsuite.records.codec import from_json, to_line
from evalsuite.records.ledger import LedgerLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["add_to_ledger", "read_ledger", "read_looks"]

_NO_LOOKS = '"design":null'


def read_ledger(root: Path) -> tuple[LedgerLine, ...]:
    """Read which comparisons a run store has seen, in the order they were first made."""
    path = root / "ledger.jsonl"
    return _read(_whole_lines(path), path)


def read_looks(root: Path, questions: str) -> tuple[LedgerLine, ...]:
    """Read the comparisons on some questions, by their hash, that had looks.

    Of others no line is read: most stores have none, and then nothing has to be validated.
    """
    path = root / "ledger.jsonl"
    lines = [line for line in _whole_lines(path) if _NO_LOOKS not in line]
    return _read(_about(questions, lines), path)


def add_to_ledger(root: Path, line: LedgerLine) -> int | None:
    """Add a comparison unless it is there, and give its number among those on its questions.

    None where the store can't be written to.
    """
    if not os.access(_nearest(root), os.W_OK):
        return None
    root.mkdir(parents=True, exist_ok=True)
    path, new = root / "ledger.jsonl", to_line(line)
    lines = _about(line.questions, _whole_lines(path))
    # Lines are only ever added: the number of one that is there stays, whoever holds the lock. One
    # with looks may be on its way to the disk, which is waited for.
    if new in lines and line.design is None:
        return lines.index(new) + 1
    with hold(root / ".ledger.lock", str(path), seconds=10):
        mend(path)
        lines = _about(line.questions, _whole_lines(path))
        if new not in lines:  # as bytes: the same comparison has only ever been the same line
            # To the disk before the first look: answers that outlive a power cut without it would
            # be judged as if nobody had looked.
            with path.open("a", encoding="ascii") as file:
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(root)
            lines.append(new)
    return lines.index(new) + 1


def _whole_lines(path: Path) -> list[str]:
    """List the lines as they are written, none where there is no ledger."""
    if not path.is_file():
        return []
    # A last line without its newline was torn by a crash, or is being written: it is no line yet.
    return [line for line in read_text(path).splitlines(keepends=True) if line.endswith("\n")]


def _about(questions: str, lines: Sequence[str]) -> list[str]:
    field = f'"questions":{json.dumps(questions)},'
    return [line for line in lines if field in line]


def _read(lines: Sequence[str], path: Path) -> tuple[LedgerLine, ...]:
    return tuple(from_json(LedgerLine, line, origin=str(path)) for line in lines)


def _nearest(folder: Path) -> Path:
    """Return a folder, or the one it would be made in."""
    return next(each for each in (folder, *folder.resolve().parents) if each.exists())
