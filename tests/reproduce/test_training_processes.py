"""One GRPO run in two processes that talk over gloo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_two_processes_train_one_model_and_the_manifest_counts_them(tmp_path: Path) -> None:
    config = tmp_path / "grpo.yaml"
    config.write_text(
        "use_cpu: true\nper_device_train_batch_size: 8\nnum_generations: 4\nmax_steps: 2\n"
        "learning_rate: 1.0e-3\nsave_strategy: 'no'\nddp_backend: gloo\n"
    )
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    command = [*launcher, "--master_port=29577", "-m", "evalsuite", "train", "--preset", "tiny"]
    options = ["-c", str(config), "--questions", "40", "-o", "run"]
    result = subprocess.run(
        [*command, *options],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-3_000:]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["world_size"] == 2
    rows = (tmp_path / "run" / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["step"] for row in rows] == [1, 2]
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()
    assert result.stdout.count("aliases set") == 1
