"""A real Ray cluster of two workers on this machine, driving the shards of a real run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.asking.answering.ray_shards import answer_one, received, run_on_ray
from evalsuite.asking.answering.runs import finish_run
from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.disk.storage import open_journal, run_folder
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.records.shard import Shard
from evalsuite.reporting.clauses import told

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
STABLE = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")
ASKED = CompareSpec(full=False, subsets=1, subset_size=120, max_new_tokens=(64,), threads=1)


def test_without_ray_the_error_names_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    asked = replace(ASKED, runs=tmp_path)
    (planned,) = plan_session(("base",), asked)

    with pytest.raises(InvalidInputError, match=r"pip install 'evalsuite\[ray\]'"):
        run_on_ray(planned, asked, 2, on_shard=lambda _name, _answers: None)


@pytest.mark.parametrize(
    "options", [("--shards", "2"), ("--executor", "ray"), ("--shards", "2", "--shard", "1/2")]
)
def test_shards_without_an_executor_are_refused_in_one_line(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = _command(tmp_path, "run", "base", *options)

    assert done.returncode == 2
    assert "--shards N and --executor ray go together" in done.stderr
    assert done.stderr.count("\n") == 2


def test_what_stopped_a_worker_can_be_told_in_chinese(tmp_path: Path) -> None:
    asked = replace(ASKED, runs=tmp_path)
    (planned,) = plan_session(("base",), asked)
    folder = run_folder(tmp_path, planned.spec)
    shard = Shard.parse("2/3")

    with open_journal(folder, planned.spec, planned.selection.questions, shard=shard):
        row = answer_one({"index": 2}, planned=planned, spec=asked, count=3)

    stopped = received(json.loads(row["error"]))
    assert stopped.startswith(f"process {os.getpid()} on ")
    assert "进程" in told(stopped, "zh")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start two workers; they inherit the path on which this test found the package."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = str(ROOT)
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def unsharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = replace(ASKED, runs=tmp_path_factory.mktemp("unsharded"))
    (planned,) = plan_session(("base",), asked)
    folder = finish_run(planned, asked).folder
    assert folder is not None
    return folder


@pytest.mark.ray
def test_shards_on_ray_end_in_the_same_bytes_as_one_process(
    cluster: Any, unsharded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run store is named relative to a folder in which no worker stands."""
    monkeypatch.chdir(tmp_path)
    asked = replace(ASKED, runs=Path("runs"))
    (planned,) = plan_session(("base",), asked)
    told: dict[str, int] = {}

    merged = run_on_ray(planned, asked, 4, on_shard=told.__setitem__)

    assert sorted(told) == ["1/4", "2/4", "3/4", "4/4"]
    assert sum(told.values()) == 120
    assert merged.run is not None
    assert sorted(merged.run.environment["shards"]) == sorted(told)
    for name in STABLE:
        assert (merged.folder / name).read_bytes() == (unsharded / name).read_bytes()
    assert cluster.is_initialized()  # a cluster that was there before is left alone


@pytest.mark.ray
def test_a_shard_that_fails_is_one_line_the_rest_is_kept_and_the_next_command_goes_on(
    cluster: Any, unsharded: Path, tmp_path: Path
) -> None:
    asked = replace(ASKED, runs=tmp_path)
    (planned,) = plan_session(("base",), asked)
    assert planned.spec is not None
    folder = run_folder(tmp_path, planned.spec)
    held = open_journal(folder, planned.spec, planned.selection.questions, shard=Shard.parse("2/3"))
    told: dict[str, int] = {}
    with held, pytest.raises(RunFailedError, match="start the same command again") as failed:
        run_on_ray(planned, asked, 3, on_shard=told.__setitem__)
    assert "\n" not in str(failed.value)
    assert f"shard 2/3: process {os.getpid()} on" in str(failed.value)
    assert sorted(told) == ["1/3", "3/3"]

    merged = run_on_ray(planned, asked, 3, on_shard=lambda _name, _answers: None)

    for name in STABLE:
        assert (merged.folder / name).read_bytes() == (unsharded / name).read_bytes()


@pytest.mark.ray
def test_the_command_starts_a_cluster_of_its_own(unsharded: Path, tmp_path: Path) -> None:
    small = ("--no-full", "--seeds", "1", "--subset-size", "120", "--max-new-tokens", "64")
    pytest.importorskip("ray")

    done = _command(tmp_path, "run", "base", "--shards", "2", "--executor", "ray", *small)

    assert done.returncode == 0, done.stderr
    assert [
        line for line in done.stderr.splitlines() if "shard" not in line and "loading" not in line
    ] == []
    for name in STABLE:
        ours = tmp_path / "runs" / unsharded.name / name
        assert ours.read_bytes() == (unsharded / name).read_bytes()


def _command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evalsuite", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
