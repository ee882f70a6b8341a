"""Large logs are named before they are read, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evalsuite.cli.terminal import reading_lines
from evalsuite.cli.terminal.reading_lines import announce_reading

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_large_log_is_named_with_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    row = json.dumps({"id": 1, "score": 1, "text": "x" * 4_000}) + "\n"
    (tmp_path / "large.jsonl").write_text(row * 1_000, encoding="utf-8")
    (tmp_path / "small.jsonl").write_text(row, encoding="utf-8")
    monkeypatch.setattr(reading_lines, "_LARGE", 1_000_000)

    announce_reading(["A=large.jsonl", "small.jsonl", "base", "nowhere"], "en")
    announce_reading(["log:large.jsonl"], "zh")

    english, chinese = capsys.readouterr().err.splitlines()
    assert english == "  reading large.jsonl, 4 MB"
    assert chinese == "  正在读取 large.jsonl，4 MB"
