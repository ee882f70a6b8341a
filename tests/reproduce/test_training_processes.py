"""Training as real processes: two over gloo, one that lost its second, one killed and resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(3 * 3_600)
_LONGEST = 2_400
"""Seconds of one training: twenty steps took five minutes where ten processes wanted two cores."""


def _train(
    folder: Path, launcher: list[str], *, backend: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Start the tiny training with a launcher; two steps."""
    (folder / "grpo.yaml").write_text(
        "use_cpu: true\nper_device_train_batch_size: 8\nnum_generations: 4\nmax_steps: 2\n"
        f"learning_rate: 1.0e-3\nsave_strategy: 'no'\n{backend}"
    )
    command = [sys.executable, "-m", *launcher, "-m", "evalsuite", "train", "--preset", "tiny"]
    return subprocess.run(
        [*command, "-c", "grpo.yaml", "--questions", "40", "-o", "run"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST,
    )


@pytest.mark.slow
def test_two_processes_train_one_model_and_the_manifest_counts_them(tmp_path: Path) -> None:
    result = _train(
        tmp_path, ["torch.distributed.run", "--nproc_per_node=2", "--master_port=29577"]
    )
    assert result.returncode == 0, result.stderr[-3_000:]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["world_size"] == 2
    rows = (tmp_path / "run" / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["step"] for row in rows] == [1, 2]
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()
    assert result.stdout.count("aliases set") == 1


@pytest.mark.slow
def test_accelerate_on_a_cpu_starts_one_process_and_that_is_said(tmp_path: Path) -> None:
    launcher = ["accelerate.commands.launch", "--cpu", "--num_processes=2"]
    result = _train(tmp_path, launcher, HF_HOME=str(tmp_path))
    assert result.returncode == 0, result.stderr[-3_000:]
    assert "promised several processes, but 1 trains" in result.stderr
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["world_size"] == 1


@pytest.mark.slow
def test_a_training_killed_with_kill_9_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    """It is killed while it works on a step behind its newest checkpoint."""
    (tmp_path / "grpo.yaml").write_text(
        "use_cpu: true\nper_device_train_batch_size: 8\nnum_generations: 4\nmax_steps: 8\n"
        "learning_rate: 1.0e-3\nsave_strategy: steps\nsave_steps: 2\nlogging_steps: 1\n"
    )
    command = [sys.executable, "-m", "evalsuite", "train", "--preset", "tiny", "-c", "grpo.yaml"]
    options: dict[str, Any] = {"cwd": tmp_path, "env": os.environ | {"OMP_NUM_THREADS": "1"}}
    task = [*command, "--questions", "40", "-o"]
    subprocess.run(
        [*task, "straight"], **options, check=True, capture_output=True, timeout=_LONGEST
    )
    log = tmp_path / "killed" / "train_log.jsonl"
    with subprocess.Popen([*task, "killed"], **options, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline and process.poll() is None:
            if log.is_file() and log.read_bytes().count(b"\n") >= 5:
                break
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -9
    assert not (tmp_path / "killed" / "manifest.json").exists()

    resumed = [*task, "killed", "--resume"]
    subprocess.run(resumed, **options, check=True, capture_output=True, timeout=_LONGEST)

    straight, killed = (
        (tmp_path / name / "model" / "model.safetensors").read_bytes()
        for name in ("straight", "killed")
    )
    assert killed == straight
    steps = [json.loads(line)["step"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert steps == list(range(1, 9))
