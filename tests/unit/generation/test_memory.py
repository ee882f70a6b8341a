from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import evalsuite.generation.memory
from evalsuite.generation.memory import peak_rss_mb

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

USE = "x = bytearray({} * 10**6); x[::1024] = b'x' * len(x[::1024]); del x; "
TELL = "from evalsuite.generation.memory import peak_rss_mb; print(peak_rss_mb())"


def peak_of(code: str) -> int:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_the_peak_remembers_memory_that_was_given_back() -> None:
    assert 170 < peak_of(USE.format(200) + TELL) - peak_of(TELL) < 230


def test_the_peak_is_of_this_program_not_of_the_one_that_started_it() -> None:
    """A child's getrusage would begin with its parent's memory."""
    child = f"import subprocess, sys; x = b'x' * (300 * 10**6); code = {TELL!r}; "
    child += "sys.stdout.write(subprocess.run([sys.executable, '-c', code], "
    child += "capture_output=True, text=True, check=True).stdout)"

    assert peak_of(child) < 150


def test_without_proc_the_system_is_asked_in_the_same_unit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = peak_rss_mb()
    monkeypatch.setattr(evalsuite.generation.memory, "_STATUS", tmp_path / "status")

    found = peak_rss_mb()

    assert known is not None
    assert found is not None
    assert known <= found + 1 < 20 * known
