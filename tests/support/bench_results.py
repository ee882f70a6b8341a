"""Results of the benches: a file of JSON lines a bench, from which the pages are made."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

__all__ = ["record_result", "recorded_results", "results_folder", "this_machine"]


def results_folder(default: Path) -> Path:
    """Give the folder that EVALSUITE_BENCH_RESULTS names."""
    return Path(os.environ.get("EVALSUITE_BENCH_RESULTS", default))


def record_result(folder: Path, bench: str, result: dict[str, Any]) -> None:
    """Add a line to a bench's file."""
    with (folder / f"{bench}.jsonl").open("a", encoding="ascii") as file:
        file.write(json.dumps(result) + "\n")


def recorded_results(folder: Path, bench: str) -> list[dict[str, Any]]:
    """Read a bench's lines; none where it did not run."""
    path = folder / f"{bench}.jsonl"
    return (
        [json.loads(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []
    )


def this_machine() -> str:
    """Name processor, cores and Python."""
    text = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    names: list[Any] = [
        line.partition(":")[2].strip()
        for line in text.splitlines()
        if line.startswith("model name")
    ]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores of {processor}, CPython {platform.python_version()}"
