"""No fault of the disk and no kill loses, doubles or changes an answer, or ends in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = ("run", "compare", "report", "regrade", "merge", "import", "alias", "remove")

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="the failing disk finds names by Linux's /proc"
)


def trials(folder: Path, step: int, *names: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "fault_trials", str(folder / "trials"), str(step), *names],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'support'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_failing_disk_changes_nothing_in_short(tmp_path: Path) -> None:
    """A few operations of each command, another fault at each."""
    outcomes = trials(tmp_path, 40)

    assert [outcome["scenario"] for outcome in outcomes] == list(SCENARIOS)
    assert [outcome["wrong"] for outcome in outcomes] == [[]] * len(SCENARIOS)


@pytest.mark.faults
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_failing_disk_changes_nothing(tmp_path: Path, scenario: str) -> None:
    (outcome,) = trials(tmp_path, 1, scenario)

    print(f"{scenario}: {outcome['operations']} operations, {outcome['trials']} trials")
    assert outcome["wrong"] == []
