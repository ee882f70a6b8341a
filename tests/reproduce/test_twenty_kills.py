"""One run of the embedded model, killed twenty times with kill -9 at random moments."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from run_processes import answered, assert_same_files, finish, started, the_run, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from forked import Forks

FULL = ("run", "base")
KILLS = 20


@pytest.mark.slow
@pytest.mark.timeout(4 * 3_600)
def test_a_run_killed_twenty_times_loses_and_repeats_nothing(forks: Forks, tmp_path: Path) -> None:
    """Each kill comes up to a second after the first answer of its session; seeded."""
    rng = np.random.default_rng(20)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    for folder in (whole, torn):
        folder.mkdir()
    finish(forks, whole, *FULL)
    held = [0]
    for _ in range(KILLS):
        with started(forks, torn, *FULL, "--batch-size", "1") as process:
            wait_for(process, torn, held[-1] + 1)
            time.sleep(rng.uniform(0, 1))
            process.send(signal.SIGKILL)
            process.ended(60)
        held.append(answered(torn))
        assert held[-1] > held[-2], f"nothing was answered before kill {len(held) - 1}"
    print(f"answers held after each kill: {held[1:]}")
    assert held[-1] < 1319, "every answer was there before the last kill: this proves nothing"
    lines = (the_run(torn) / "responses.jsonl").read_bytes().splitlines()[: held[-1]]
    keys = [(answer["question_id"], answer["sample"]) for answer in map(json.loads, lines)]
    assert len(set(keys)) == len(keys)

    finish(forks, torn, *FULL)

    assert_same_files(the_run(torn), the_run(whole))
