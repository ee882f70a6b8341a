"""The log of a training as it is written: every metric, in JSON lines that survive a kill."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from evalsuite.disk.files import write_atomically
from evalsuite.training.diagnosis import Finding, diagnose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LogWriter", "OnLog", "read_log", "rewind_log"]

OnLog = "Callable[[dict[str, Any], tuple[Finding, ...]], None]"
"""Called after every logged step with its row and what the log so far means."""


class LogWriter(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Append each logged row to a file, and tell a listener what it means."""

    def __init__(
        self,
        path: Path,
        on_log: Callable[[dict[str, Any], tuple[Finding, ...]], None] | None = None,
    ) -> None:
        self._path = path
        self._on_log = on_log
        self._rows = read_log(path)

    def on_log(  # noqa: D102  a hook of transformers
        self,
        args: Any,  # noqa: ARG002  part of the hook
        state: Any,
        control: Any,  # noqa: ARG002  part of the hook
        logs: dict[str, Any] | None = None,
        **_context: Any,
    ) -> None:
        if not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        row = {"step": state.global_step, **{k: _number(v) for k, v in logs.items()}}
        self.write({key: value for key, value in row.items() if value is not None})

    def write(self, row: dict[str, Any]) -> None:
        """Append one row, which has a ``step`` and finite numbers only."""
        self._rows.append(row)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")
        if self._on_log is not None:
            self._on_log(row, diagnose(self._rows))


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read ``train_log.jsonl``, one row a logged step; a torn last line is left out.

    Empty where there is no file.
    """
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            break
        if not isinstance(row, dict) or "step" not in row:
            break
        rows.append(row)
    return rows


def rewind_log(path: Path, step: int) -> None:
    """Drop the rows after the step of a checkpoint, which a resumed run will write again.

    The file may be missing.
    """
    rows = [row for row in read_log(path) if row["step"] <= step]
    # Whole or not at all: a kill in between must not cost the steps that stay.
    write_atomically(path, "".join(json.dumps(row) + "\n" for row in rows))


def _number(value: Any) -> float | int | None:
    """Return a finite number or None: TRL's logs may hold NaN where a reward did not apply."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if isinstance(value, int) else number
