"""Trials of a real training on a disk that fails below Python, then the training again.

Run as ``python -m training_trials FOLDER N``: N operations of the training, spread over all, fail
with another fault at each. Prints one JSON object. Checkpoints are written by torch and safetensors
themselves, so the disk fails in the C library (``failing_disk.c``); each process is forked from one
that has imported everything.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from fault_trials import Scenario, trials
from forked import draw_warm_up

from evalsuite.disk.files import sha256_of_file

# A constant learning rate: with a falling one a step too many would change nothing.
SETTINGS = """\
max_steps: 2
save_steps: 1
learning_rate: 0.001
lr_scheduler_type: constant
per_device_train_batch_size: 8
num_generations: 4
use_cpu: true
"""
COMMAND = ["train", "--preset", "tiny", "-c", "grpo.yaml", "--questions", "16", "-o", "run"]
OPTIONS = ["--max-new-tokens", "12", "--seed", "3"]
VOLATILE = ("step_time",)


class NativeDisk:
    """What `failing_disk.c` offers, with the face of ``FaultyDisk``."""

    def __init__(self, root: Path, *, at: int, fault: int, is_lasting: bool = False) -> None:
        self._arguments = os.fsencode(root.resolve()), ctypes.c_long(at), fault, int(is_lasting)
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        self._library.failing_disk_count.restype = ctypes.c_long

    def install(self) -> None:
        self._library.failing_disk_arm(*self._arguments)

    @property
    def count(self) -> int:
        return int(self._library.failing_disk_count())


def again(folder: Path) -> list[str]:
    """Go on as the refusal of a folder in use says."""
    begun = [p for p in folder.glob("run/*") if not p.name.startswith(".")]
    return [*COMMAND, *OPTIONS, *(["--resume"] if begun else [])]


def state(folder: Path) -> dict[str, Any]:
    """Give weights, steps, log without its seconds, aliases, and the names of all files."""
    run = folder / "run"
    rows = map(json.loads, (run / "train_log.jsonl").read_text(encoding="utf-8").splitlines())
    files = [p.relative_to(folder) for p in folder.rglob("*") if p.is_file()]
    return {
        "weights": sha256_of_file(run / "model" / "model.safetensors"),
        "steps": json.loads((run / "manifest.json").read_text(encoding="utf-8"))["steps"],
        "log": [{k: v for k, v in row.items() if k not in VOLATILE} for row in rows],
        "aliases": (folder / "evalsuite.toml").read_text(encoding="utf-8"),
        **{str(path): "there" for path in files if path.suffix != ".lock"},
    }


def report(folder: Path, n: int) -> None:
    """Run ``n`` trials, spread over the operations of one training."""
    template = folder / "template"
    template.mkdir(parents=True)
    (template / "grpo.yaml").write_text(SETTINGS, encoding="utf-8")
    _import_everything()
    scenario = Scenario(
        name="train", command=[*COMMAND, *OPTIONS], again=again, state=state, disk=NativeDisk
    )
    print(json.dumps(trials(folder, scenario, n, are_spread=True)))


def _import_everything() -> None:
    """Import what a training needs; no step of one, as autograd outlives no fork."""
    import peft  # noqa: F401
    import torch
    import trl
    from datasets import Dataset  # noqa: F401

    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve

    torch.set_num_threads(1)
    assert trl.GRPOTrainer
    load_model(resolve("base"), device="cpu")
    draw_warm_up()


def compile_disk(folder: Path) -> Path:
    """Compile the failing disk; raises where there is no compiler."""
    library = folder / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True
    )
    return library


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    if "LD_PRELOAD" in os.environ:
        report(place, int(sys.argv[2]))
    else:
        preloaded = os.environ | {"LD_PRELOAD": str(compile_disk(place)), "OMP_NUM_THREADS": "1"}
        again_with = [sys.executable, "-m", "training_trials", *sys.argv[1:]]
        sys.exit(subprocess.run(again_with, env=preloaded, check=False).returncode)
