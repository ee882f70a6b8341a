"""Predictions of NeMo Evaluator's own benchmarks: ``byob_predictions.jsonl``, of versions to 0.2.

They say neither which model answered nor how an answer ended. Samples are numbered through all
repeats; the row of the data set is the question. The layout is that of runs of 0.2.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, log_of_answers
from evalsuite.logs.lines import hash_of, identity_of, json_lines, mapping, number, text_of
from evalsuite.logs.log import Harness, LogFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = ["byob_file", "is_byob", "read_byob"]

_REPEAT = "_repeat"


def is_byob(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a prediction of a benchmark of one's own."""
    return {"sample_id", "response", "target", "scores", "status"} <= row.keys()


def byob_file(path: Path) -> LogFile:
    """Describe a file by its folder, which is named after the benchmark."""
    return LogFile(format="nemo-evaluator", path=path, task=path.parent.name)


def read_byob(file: LogFile, *, allow_missing: bool = False) -> Log:
    """Read every prediction; a sample that was skipped is in no mean of the tool's either."""
    lines = [(at_line(file.path, line), row) for line, row in json_lines(file.path)]
    repeats = 1 + max((_repeat(row) or 0 for _, row in lines), default=0)
    # every repeat has a line for every row of the data set, skipped ones too
    size = len(lines) // repeats
    return log_of_answers(
        [_answer(where, row, size) for where, row in lines],
        f"{file.path.parent.name}/{file.path.name}",
        allow_missing=allow_missing,
        format="nemo-evaluator",
        harness=Harness(name="NeMo Evaluator", version=None),
        task=file.task or file.path.parent.name,
        files=(file.path,),
    )


def _repeat(row: Mapping[str, Any]) -> int | None:
    repeat = mapping(row.get("metadata")).get(_REPEAT)
    return repeat if isinstance(repeat, int) else None


def _answer(where: str, row: Mapping[str, Any], size: int) -> AnswerRow:
    sample, repeat, prompt = identity_of(row, "sample_id", where), _repeat(row), row.get("prompt")
    if isinstance(sample, int) and repeat is not None:
        sample -= repeat * size
    question = {k: v for k, v in mapping(row.get("metadata")).items() if k != _REPEAT}
    scores = mapping(row.get("scores")).items()
    return AnswerRow(
        where=where,
        native_id=str(sample),
        repeat=repeat,
        question=text_of(prompt),
        gold=text_of(row.get("target")),
        document=hash_of(question) if question else None,
        prompt=None if prompt is None else hash_of(prompt),
        text=text_of(row.get("response")),
        is_failed=row.get("status") != "scored",
        scores={name: number(int(v) if isinstance(v, bool) else v) for name, v in scores},
    )
