"""Whatever a model's folder holds, loading it is right or ends in one line, in time and memory."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from forked import MODEL_LIBRARIES, Forks
from hostile_models import spoil
from tiny_adapter import write_adapter

from evalsuite.models.names import embedded_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALL = "hostile_models:use"


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    folder = tmp_path_factory.mktemp("models")
    with Forks(folder, *MODEL_LIBRARIES, "transformers.models.llama", "hostile_models") as running:
        running.warm(folder, str(embedded_folder() / "base"), call="hostile_models:warm")
        yield running


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("adapter") / "good")


def faults_of(forks: Forks, folder: Path, good: Path, seeds: range) -> tuple[list[str], str]:
    """Load the hostile folders of some seeds; say what must not be, and the worst figures."""
    faults: list[str] = []
    slowest, largest, refused = 0.0, 0.0, 0
    for seed in seeds:
        hostile = folder / f"model-{seed}"
        shutil.copytree(good, hostile)
        ways = spoil(hostile, seed)
        outcome = forks.run(folder, str(hostile), call=CALL, seconds=90.0)
        slowest, largest = max(slowest, outcome.seconds), max(largest, outcome.megabytes)
        refused += outcome.output.startswith("error: ")
        what = f"{seed} ({', '.join(ways)})"
        if outcome.code != 0 or "Traceback" in outcome.errors:
            faults.append(f"{what}: {outcome.code} {outcome.errors[-600:]}")
        elif len(outcome.output.splitlines()) != 1 or not outcome.output.strip().isprintable():
            faults.append(f"{what}: {outcome.output!r}")
        elif outcome.seconds > 10 or outcome.megabytes > 1000:
            faults.append(f"{what}: {outcome.seconds} s, {outcome.megabytes} MB")
        elif any(folder.rglob("owned")):
            faults.append(f"{what}: ran its code")
        shutil.rmtree(hostile)
    return faults, f"{refused} of {len(seeds)} refused, {slowest} s, {largest} MB at most"


@pytest.mark.parametrize("first", [0, 10])
def test_a_few_hostile_folders_are_refused_in_one_line(
    forks: Forks, tmp_path: Path, first: int
) -> None:
    faults, _ = faults_of(forks, tmp_path, embedded_folder() / "base", range(first, first + 10))

    assert faults == []


def test_a_few_hostile_adapters_are_refused_in_one_line(
    forks: Forks, tmp_path: Path, adapter: Path
) -> None:
    assert faults_of(forks, tmp_path, adapter, range(5000, 5010))[0] == []


@pytest.mark.faults
def test_three_hundred_hostile_folders_are_refused_in_one_line(
    forks: Forks, tmp_path: Path, adapter: Path
) -> None:
    """EVALSUITE_HOSTILE_MODELS asks for fewer."""
    count = int(os.environ.get("EVALSUITE_HOSTILE_MODELS", "300"))
    whole = faults_of(forks, tmp_path, embedded_folder() / "base", range(count * 2 // 3))
    adapters = faults_of(forks, tmp_path, adapter, range(5000, 5000 + count // 3))

    print(f"folders: {whole[1]}; adapters: {adapters[1]}")
    assert whole[0] + adapters[0] == []
