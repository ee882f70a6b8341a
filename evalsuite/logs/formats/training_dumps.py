"""Answers that trainers dump: TRL's completion tables and verl's rollout and validation files.

``completions_<step>.parquet`` of TRL's GRPOTrainer has a column a reward, and verl's
``<step>.jsonl`` a score. Neither tells how an answer ended or which model gave it, and a question
has no id: equal prompts are one question, and their answers its samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, log_of_answers
from evalsuite.logs.lines import hash_of, identity_of, json_lines, number, text_of
from evalsuite.logs.log import Harness, LogFile
from evalsuite.logs.parquet import parquet_rows, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = ["TRL_COLUMNS", "is_verl", "read_trl", "read_verl", "trl_file", "verl_file"]

TRL_COLUMNS = frozenset({"step", "prompt", "completion", "advantage"})
_VERL_KEYS = frozenset({"input", "output", "gts", "score", "step"})
_TASK = "training prompts"
"""Neither file names one, and both files of a pair need the same."""


def is_verl(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of verl's."""
    return row.keys() >= _VERL_KEYS


def trl_file(path: Path) -> LogFile:
    """Describe a table of TRL's."""
    return LogFile(format="trl", path=path, task=_TASK)


def verl_file(path: Path) -> LogFile:
    """Describe a file of verl's lines."""
    return LogFile(format="verl", path=path, task=_TASK)


def read_trl(file: LogFile) -> Log:
    """Read one table; every numeric column but step and advantage is a reward.

    Raises
    ------
    InvalidInputError
        Where a column is missing that TRL always writes.
    """
    require_columns(file.path, TRL_COLUMNS, "TRL")
    rows = []
    for position, row in parquet_rows(file.path):
        rewards = {k: number(v) for k, v in row.items() if k not in TRL_COLUMNS and _is_number(v)}
        rows.append(
            AnswerRow(
                where=f"{file.path} row {position}",
                native_id=hash_of(row["prompt"])[:12],
                question=_last_message(row["prompt"]),
                document=hash_of(row["prompt"]),
                prompt=hash_of(row["prompt"]),
                text=_last_message(row["completion"]),
                scores=rewards,
            )
        )
    return _log_of(rows, file, "TRL")


def read_verl(file: LogFile) -> Log:
    """Read one file; ``score`` is a grade where it is from 0 to 1, and so are the extra scores."""
    rows = []
    for line, row in json_lines(file.path):
        others = {k: v for k, v in row.items() if k not in _VERL_KEYS}
        scores = {k: number(_plain(v)) for k, v in others.items() if _is_number(v)}
        prompt = identity_of(row, "input", at_line(file.path, line))
        rows.append(
            AnswerRow(
                where=at_line(file.path, line),
                native_id=hash_of(prompt)[:12],
                question=text_of(prompt),
                gold=text_of(row.get("gts")),
                document=hash_of(prompt),
                prompt=hash_of(prompt),
                text=text_of(row.get("output")),
                scores={"score": number(_plain(row.get("score")))} | scores,
            )
        )
    return _log_of(rows, file, "verl")


def _log_of(rows: list[AnswerRow], file: LogFile, trainer: str) -> Log:
    return log_of_answers(
        rows,
        file.path.name,
        format=file.format,
        harness=Harness(name=trainer, version=None),
        task=_TASK,
        files=(file.path,),
    )


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _last_message(written: object) -> str | None:
    """Return a text as it is, and of a conversation what was said last."""
    if isinstance(written, list):
        last = written[-1] if written else None
        return text_of(last.get("content")) if isinstance(last, dict) else None
    return text_of(written)
