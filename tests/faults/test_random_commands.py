"""No command line of ten thousand random ones ends in a traceback, a crash or a verdict."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from bad_commands import warm
from forked import Forks
from random_commands import random_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODES = {0, 2, 4, 5}
TOGETHER = 25
"""Commands in one copy of the project, so that they also meet what others left."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Forks]]:
    folder = tmp_path_factory.mktemp("random") / "template"
    with Forks(folder.parent, variables=OFFLINE) as forks:
        warm(folder, forks)
        yield folder, forks


def faults_of(project: tuple[Path, Forks], seeds: range) -> list[str]:
    """Run the command lines of some seeds; say what must not be."""
    template, forks = project
    folder = template.with_name("copy")
    faults = []
    for seed in seeds:
        if seed % TOGETHER == 0 or not folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(template, folder)
        line = random_line(seed)
        outcome = forks.run(folder, *line, seconds=60.0)
        # a gate answers with 1 and 3 where it has read results
        codes = CODES | ({1, 3} if line[:1] == ["gate"] and outcome.output else set())
        if outcome.code not in codes or "Traceback" in outcome.errors:
            faults.append(f"{seed}: {line}: {outcome.code} {outcome.errors[-500:]}")
        elif outcome.seconds > 10 or outcome.megabytes > 1000:
            faults.append(f"{seed}: {line}: {outcome.seconds} s, {outcome.megabytes} MB")
    return faults


def test_sixty_random_command_lines_do_not_crash(project: tuple[Path, Forks]) -> None:
    assert faults_of(project, range(60)) == []


@pytest.mark.faults
def test_random_command_lines_do_not_crash(project: tuple[Path, Forks]) -> None:
    """EVALSUITE_RANDOM_LINES asks for fewer, or others: first and last seed."""
    first, _, last = os.environ.get("EVALSUITE_RANDOM_LINES", "0-10000").partition("-")

    assert faults_of(project, range(int(first), int(last))) == []
