"""Real processes on one run: killed at random moments, started twice, measured for memory."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from run_processes import (
    SLOW_MACHINE,
    answered,
    assert_same_files,
    finish,
    started,
    the_run,
    wait_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from forked import Forks

SMALL = ("--no-full", "--seeds", "1", "--subset-size", "60", "--max-new-tokens", "96")
LONGER = ("--no-full", "--seeds", "1", "--subset-size", "300", "--max-new-tokens", "96")
"""One by one these take ten seconds even on a quick machine, so that three kills fall inside."""


@pytest.fixture(scope="module")
def uninterrupted(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    finish(forks, folder, "run", "base", *SMALL)
    return the_run(folder)


def test_a_run_killed_again_and_again_ends_in_the_same_files(forks: Forks, tmp_path: Path) -> None:
    """Each kill -9 comes at a random moment after the first answer of its session."""
    rng = np.random.default_rng(7)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    for folder in (whole, torn):
        folder.mkdir()
    finish(forks, whole, "run", "base", *LONGER)
    held = 0
    for _ in range(3):
        with started(forks, torn, "run", "base", *LONGER, "--batch-size", "1") as process:
            wait_for(process, torn, held + 1)
            time.sleep(rng.uniform(0, 0.3))
            process.send(signal.SIGKILL)
            process.ended(SLOW_MACHINE)
        now = answered(torn)
        assert now >= held  # nothing that was on the disk is lost
        held = now
    assert 0 < held < 300, "every answer was there before the last kill: this proves nothing"

    finish(forks, torn, "run", "base", *LONGER)

    assert_same_files(the_run(torn), the_run(whole))


@pytest.mark.parametrize("share", [(), ("--shard", "1/1")], ids=["run", "shard"])
def test_the_second_process_on_a_run_says_who_works_on_it(
    forks: Forks, tmp_path: Path, share: tuple[str, ...]
) -> None:
    """The first one is held still meanwhile, so that it can't finish too soon."""
    task = ("run", "base", *SMALL, "--batch-size", "1", *share)
    with started(forks, tmp_path, *task) as first:
        wait_for(first, tmp_path, 1)
        first.send(signal.SIGSTOP)
        assert answered(tmp_path) < 60, "the first process was done before the second one asked"
        with started(forks, tmp_path, *task) as second:
            refused = second.ended(SLOW_MACHINE)
        first.send(signal.SIGCONT)
        finished = first.ended(2 * SLOW_MACHINE)

    assert refused is not None
    assert refused.code == 5
    assert f"process {first.number} on" in refused.errors
    assert "working on" in refused.errors
    assert "Traceback" not in refused.errors
    assert finished is not None
    assert finished.code == 0, finished.errors
    assert answered(tmp_path) == 60


def test_shards_side_by_side_are_merged_into_the_files_of_one_process(
    forks: Forks, uninterrupted: Path, tmp_path: Path
) -> None:
    with (
        started(forks, tmp_path, "run", "base", *SMALL, "--shard", "1/2") as one,
        started(forks, tmp_path, "run", "base", *SMALL, "--shard", "2/2") as two,
    ):
        ends = [process.ended(2 * SLOW_MACHINE) for process in (one, two)]
    assert [end is not None and end.code for end in ends] == [0, 0], ends
    folder = the_run(tmp_path)

    finish(forks, tmp_path, "runs", "merge", str(folder))

    assert_same_files(folder, uninterrupted)
    done = finish(forks, tmp_path, "run", "base", *SMALL, "--shard", "1/2")
    assert "the run is finished, nothing to do" in done.output


def test_memory_does_not_grow_with_the_number_of_questions(forks: Forks, tmp_path: Path) -> None:
    """Ten times the questions in as many slots.

    What differs by some 50 MB are the kernels that the linear algebra library keeps by shape, of
    which there are only as many as slots and lengths of prompts, and what the allocator does not
    give back.
    """
    peaks = {}
    for n in (130, 1300):
        folder = tmp_path / str(n)
        folder.mkdir()
        size = ("--no-full", "--seeds", "1", "--subset-size", str(n), "--max-new-tokens", "64")
        told = finish(forks, folder, "run", "base", *size, "--batch-size", "64", "--json")
        environment = json.loads(told.output)["environment"]
        assert environment["slots"] == 64
        peaks[n] = environment["peak_rss_mb"]
        print(n, peaks[n])

    assert 100 < peaks[130] < 2000
    assert peaks[1300] - peaks[130] < 90
