"""The log of a training as it is written: every metric, in JSON lines that survive a kill."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from evalsuite.training.diagnosis import diagnose
from evalsuite.training.log import read_log

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.training.diagnosis import OnLog

__all__ = ["LogWriter"]


class LogWriter(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Append each logged row to a file, and tell a listener what it means."""

    def __init__(self, path: Path, on_log: OnLog | None = None) -> None:
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


def _number(value: Any) -> float | int | None:
    """Return a finite number or None: TRL's logs may hold NaN where a reward did not apply."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if isinstance(value, int) else number
