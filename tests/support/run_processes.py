"""``evalsuite`` as real processes on one run: started, watched, and gone afterwards."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forked import Forks, Outcome, Started

STABLE = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")
SLOW_MACHINE = 250
"""Seconds."""


@contextmanager
def started(forks: Forks, folder: Path, *arguments: str) -> Iterator[Started]:
    """Start the command and make sure that it is gone afterwards."""
    process = forks.start(folder, *arguments)
    try:
        yield process
    finally:
        if process.running:
            process.send(signal.SIGKILL)
            process.ended(SLOW_MACHINE)


def finish(forks: Forks, folder: Path, *arguments: str) -> Outcome:
    outcome = forks.run(folder, *arguments, seconds=2 * SLOW_MACHINE)
    assert outcome.code == 0, outcome.errors
    return outcome


def the_run(folder: Path) -> Path:
    (found,) = (folder / "runs").iterdir()
    return found


def answered(folder: Path) -> int:
    """Count the whole lines of every journal."""
    return sum(p.read_bytes().count(b"\n") for p in folder.glob("runs/*/*.jsonl") if _is_journal(p))


def _is_journal(path: Path) -> bool:
    return path.name == "responses.jsonl" or path.name.startswith("shard-")


def wait_for(process: Started, folder: Path, answers: int) -> None:
    deadline = time.monotonic() + SLOW_MACHINE
    while answered(folder) < answers and process.running and time.monotonic() < deadline:
        time.sleep(0.005)


def assert_same_files(folder: Path, whole: Path) -> None:
    for name in STABLE:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
