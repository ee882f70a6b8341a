"""What fuzzing begins with is read, what it found stays mended, and a fault does not escape."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fuzz_targets import TARGETS, Prepared, prepare, spoil
from fuzz_watch import Watch

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

FINDS = Path(__file__).parent / "finds"
"""Inputs that once were faults: a folder a target, blanks as hyphens."""


@pytest.fixture(autouse=True)
def home() -> Iterator[None]:
    before = Path.cwd()
    yield
    os.chdir(before)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_reads_its_good_inputs_and_refuses_what_once_was_a_fault(
    tmp_path: Path, name: str
) -> None:
    target = prepare(name, tmp_path / "beside")
    watch = Watch(target, tmp_path / "faults")

    for seed in target.seeds:
        target.read(seed)
    for find in sorted((FINDS / name.replace(" ", "-")).glob("*")):
        watch.read(find.read_bytes())

    faults = [told.read_text() for told in (tmp_path / "faults").glob("*.txt")]
    # seconds are the fuzzer's to judge: here a reader may be measured, and import on the way
    assert [told for told in faults if not told.startswith("slow")] == []


def test_every_find_belongs_to_a_target() -> None:
    assert {folder.name for folder in FINDS.iterdir()} <= {n.replace(" ", "-") for n in TARGETS}


def test_an_input_is_spoilt_by_what_its_file_is(tmp_path: Path) -> None:
    target = prepare("policy.toml", tmp_path / "beside")

    changed = {spoil(target, target.seeds[0], seed) for seed in range(9)}

    assert len(changed) > 5


def _watched(tmp_path: Path, content: bytes) -> list[str]:
    """Give the first line of each fault of a reader that has some."""

    def read(written: bytes) -> None:
        if written == b"refused":
            raise InvalidInputError("no")
        if written == b"slow":
            begun = time.process_time()
            while time.process_time() - begun < 2.1:
                pass
        elif written == b"broken":
            raise KeyError(written)

    watch = Watch(Prepared(seeds=(), read=read, files=()), tmp_path)
    watch.read(content)
    watch.read(content)
    return [told.read_text().split("\n")[0] for told in tmp_path.glob("*.txt")]


@pytest.mark.parametrize(
    ("content", "first"),
    [(b"slow", "slow"), (b"broken", "KeyError at test_fuzz.py")],
)
def test_a_fault_is_kept_once_and_ends_nothing(tmp_path: Path, content: bytes, first: str) -> None:
    (told,) = _watched(tmp_path, content)

    assert told.startswith(first)
    assert content in [path.read_bytes() for path in tmp_path.iterdir()]


def test_an_input_that_fills_the_memory_is_a_fault(tmp_path: Path) -> None:
    """In a process of its own: the memory that others once had would hide it."""
    code = (
        "import sys; from pathlib import Path; from fuzz_targets import Prepared; "
        "from fuzz_watch import Watch; read = lambda content: len(b'x' * (600 << 20)); "
        "Watch(Prepared(seeds=(), read=read, files=()), Path(sys.argv[1])).read(b'')"
    )
    support = Path(__file__).parents[1] / "support"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=support, check=True)

    assert "large" in [told.read_text().split("\n")[0] for told in tmp_path.glob("*.txt")]


@pytest.mark.parametrize("content", [b"good", b"refused"])
def test_what_is_read_or_refused_is_no_fault(tmp_path: Path, content: bytes) -> None:
    assert _watched(tmp_path, content) == []
