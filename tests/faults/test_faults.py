"""No fault of the disk and no kill loses, doubles or changes an answer, or ends in a traceback."""

from __future__ import annotations

import json
import os
import shutil
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

needs_compiler = pytest.mark.skipif(
    shutil.which("gcc") is None or sys.platform != "linux",
    reason="the failing disk below Python is compiled C for Linux",
)


def trials(folder: Path, *arguments: str, module: str = "fault_trials") -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", module, str(folder / "trials"), *arguments],
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
    outcomes = trials(tmp_path, "40")

    assert [outcome["scenario"] for outcome in outcomes] == list(SCENARIOS)
    assert [outcome["wrong"] for outcome in outcomes] == [[]] * len(SCENARIOS)


@pytest.mark.faults
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_failing_disk_changes_nothing(tmp_path: Path, scenario: str) -> None:
    every = os.environ.get("EVALSUITE_FAULTS_EVERY", "1")
    (outcome,) = trials(tmp_path, every, scenario)

    _say(outcome)
    assert outcome["wrong"] == []


@needs_compiler
def test_a_disk_that_fails_below_a_training_changes_nothing_in_short(tmp_path: Path) -> None:
    """A few operations, another fault at each."""
    (outcome,) = trials(tmp_path, "4", module="training_trials")

    assert outcome["operations"] > 300  # the checkpoints of torch and safetensors among them
    assert outcome["trials"] == 4
    assert outcome["wrong"] == []


@needs_compiler
@pytest.mark.faults
def test_a_disk_that_fails_below_a_training_changes_nothing(tmp_path: Path) -> None:
    (outcome,) = trials(tmp_path, "60", module="training_trials")

    _say(outcome)
    assert outcome["wrong"] == []


def _say(outcome: dict[str, Any]) -> None:
    numbers = {key: outcome[key] for key in ("operations", "trials", "kills")}
    print(outcome["scenario"], json.dumps(numbers))
