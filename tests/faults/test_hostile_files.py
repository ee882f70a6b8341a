"""Whatever a file holds, the commands that read it are right or end in one line, in time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from file_victims import SECONDS, VICTIMS
from forked import Forks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IN_ONE_PROCESS = 500
"""Files; what drawing libraries keep of each report would else be taken for a file's."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    folder = tmp_path_factory.mktemp("warm")
    with Forks(folder, "file_victims", variables=OFFLINE) as running:
        running.warm(folder, "results.json", "0", "20", str(folder), call="file_victims:report")
        yield running


def outcomes_of(
    forks: Forks, folder: Path, name: str, first: int, last: int
) -> Iterator[dict[str, Any]]:
    """Attack a reader with the files of some seeds, in slices."""
    for start in range(first, last, IN_ONE_PROCESS):
        end = min(start + IN_ONE_PROCESS, last)
        place = folder / str(start)
        place.mkdir()
        arguments = (name, str(start), str(end), str(place))
        limit = 4 * SECONDS * (end - start)
        outcome = forks.run(place, *arguments, call="file_victims:report", seconds=limit)
        assert outcome.code == 0, f"{name} {start} to {end}: {outcome.errors[-2000:]}"
        yield json.loads(outcome.output.splitlines()[-1])


@pytest.mark.parametrize("name", VICTIMS)
def test_a_few_hostile_files_end_in_one_line(forks: Forks, tmp_path: Path, name: str) -> None:
    (outcome,) = outcomes_of(forks, tmp_path, name, 0, 50)

    assert outcome["faults"] == []
    assert outcome["files"] == 50
    assert outcome["refused"] > 5


@pytest.mark.faults
@pytest.mark.parametrize("name", VICTIMS)
def test_five_thousand_hostile_files_end_in_one_line(
    forks: Forks, tmp_path: Path, name: str
) -> None:
    """EVALSUITE_HOSTILE_FILES asks for fewer, or others: first and last seed."""
    first, _, last = os.environ.get("EVALSUITE_HOSTILE_FILES", "0-5000").partition("-")

    outcomes = list(outcomes_of(forks, tmp_path, name, int(first), int(last)))

    total = {key: sum(outcome[key] for outcome in outcomes) for key in ("files", "refused")}
    worst = {key: max(outcome[key] for outcome in outcomes) for key in ("seconds", "megabytes")}
    print(f"{name}: {json.dumps(total | worst)}")
    assert [fault for outcome in outcomes for fault in outcome["faults"]] == []
