"""``evalsuite`` as real processes on one run: started, watched, and gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
STABLE = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")
SLOW_MACHINE = 250
"""Seconds."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "evalsuite", *arguments]


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the command and make sure that it is gone afterwards."""
    with subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finish(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with started(folder, *arguments) as process:
        output, errors = process.communicate(timeout=2 * SLOW_MACHINE)
    assert process.returncode == 0, errors
    return subprocess.CompletedProcess(arguments, 0, output, errors)


def the_run(folder: Path) -> Path:
    (found,) = (folder / "runs").iterdir()
    return found


def answered(folder: Path) -> int:
    """Count the whole lines of every journal."""
    return sum(p.read_bytes().count(b"\n") for p in folder.glob("runs/*/*.jsonl") if _is_journal(p))


def _is_journal(path: Path) -> bool:
    return path.name == "responses.jsonl" or path.name.startswith("shard-")


def wait_for(process: subprocess.Popen[str], folder: Path, answers: int) -> None:
    deadline = time.monotonic() + SLOW_MACHINE
    while answered(folder) < answers and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


def assert_same_files(folder: Path, whole: Path) -> None:
    for name in STABLE:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
