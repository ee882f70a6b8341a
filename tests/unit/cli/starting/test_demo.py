"""The demo as a newcomer runs it, in a folder whose own names say something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from forked import Forks


def test_the_demo_ends_with_a_verdict_and_what_to_do_next(forks: Forks, tmp_path: Path) -> None:
    settings = '[models]\nbase = "hf:no/where"\n[compare]\nsubset-size = 7\n'
    (tmp_path / "evalsuite.toml").write_text(settings, "utf-8")

    done = forks.run(tmp_path, "demo", "--short")

    assert done.code == 0, done.errors
    assert done.output.startswith("Yes: trained scores ")
    assert "200 questions" in done.output
    assert list(tmp_path.glob("reports/base-vs-trained-*/report.html"))
    assert "loading libraries and model" in done.errors
    _, _, after = done.output.partition("Next:\n")
    (line,) = (line for line in after.splitlines() if "evalsuite show" in line)
    (tmp_path / "evalsuite.toml").unlink()
    shown = forks.run(tmp_path, *line.partition("evalsuite ")[2].split())
    assert shown.code == 0, shown.errors
    assert "-- sample 0:" in shown.output

    again = forks.run(tmp_path, "demo", "--short", "--lang", "zh", "-q", "-v")
    assert again.errors == ""
    assert "\n是：" in again.output  # below the tables
    assert "接下来：" in again.output
