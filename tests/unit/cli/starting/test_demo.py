"""The demo as a newcomer runs it, in a folder whose own names say something else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "evalsuite", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_ends_with_a_verdict_and_what_to_do_next(tmp_path: Path) -> None:
    settings = '[models]\nbase = "hf:no/where"\n[compare]\nsubset-size = 7\n'
    (tmp_path / "evalsuite.toml").write_text(settings, "utf-8")

    done = demo(tmp_path, "demo", "--short")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Yes: trained scores ")
    assert "200 questions" in done.stdout
    assert list(tmp_path.glob("reports/base-vs-trained-*/report.html"))
    assert "loading libraries and model" in done.stderr
    _, _, after = done.stdout.partition("Next:\n")
    (line,) = (line for line in after.splitlines() if "evalsuite show" in line)
    (tmp_path / "evalsuite.toml").unlink()
    shown = demo(tmp_path, *line.partition("evalsuite ")[2].split())
    assert shown.returncode == 0, shown.stderr
    assert "-- sample 0:" in shown.stdout

    again = demo(tmp_path, "demo", "--short", "--lang", "zh", "-q")
    assert again.stderr == ""
    assert again.stdout.startswith("是：")
    assert "接下来：" in again.stdout
