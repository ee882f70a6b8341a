"""The training log keeps what was logged, through kills, resumes and NaN."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from evalsuite.training.log import read_log
from evalsuite.training.log_writer import LogWriter

if TYPE_CHECKING:
    from pathlib import Path


def _log(writer: LogWriter, step: int, *, first: bool = True, **logs: Any) -> None:
    writer.on_log(
        None, SimpleNamespace(global_step=step, is_world_process_zero=first), None, logs=logs
    )


def test_rows_are_appended_with_their_step_and_told_to_the_listener(tmp_path: Path) -> None:
    seen: list[Any] = []
    writer = LogWriter(tmp_path / "log.jsonl", lambda row, found: seen.append((row, found)))
    _log(writer, 1, reward=0.5, reward_std=0.0)
    assert read_log(tmp_path / "log.jsonl") == [{"step": 1, "reward": 0.5, "reward_std": 0.0}]
    assert seen[0][0]["step"] == 1
    assert [finding.code for finding in seen[0][1]] == ["no_gradient"]


def test_nan_and_texts_are_left_out_as_json_has_no_nan(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log.jsonl")
    _log(writer, 1, reward="0.25", steps_f1=math.nan, note="text")
    text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
    assert json.loads(text) == {"step": 1, "reward": 0.25}


def test_closing_summary_and_other_processes_write_nothing(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log.jsonl")
    _log(writer, 4, train_runtime=3.0)
    _log(writer, 4, first=False, reward=1.0)
    assert not (tmp_path / "log.jsonl").exists()


def test_resumed_writer_diagnoses_from_the_rows_before_the_kill(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows = [{"step": i, "groups_without_signal": 1.0} for i in range(1, 4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    seen: list[Any] = []
    _log(LogWriter(path, lambda _, found: seen.extend(found)), 4, reward=0.0)
    assert [finding.code for finding in seen] == ["no_signal"]
