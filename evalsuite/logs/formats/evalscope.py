"""Logs of EvalScope: ``reviews/<model>/<set>.jsonl``, joined with ``predictions/`` of that name.

Scores stand in the reviews, texts and ends in the predictions. Repeats of a question share a group.
The layout is that of evalscope 1.14.1, seen in files that it wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, finish_of, is_lower_better, log_of_answers
from evalsuite.logs.lines import hash_of, identity_of, json_lines, mapping, number, text_of
from evalsuite.logs.log import Harness, LogFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = ["evalscope_file", "is_evalscope", "read_evalscope"]


def is_evalscope(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of EvalScope's reviews."""
    return {"index", "sample_score"} <= row.keys()


def evalscope_file(path: Path) -> LogFile:
    """Describe a file of reviews from its name and place."""
    return LogFile(format="evalscope", path=path, task=path.stem, model=path.parent.name)


def read_evalscope(file: LogFile) -> Log:
    """Read the reviews of one set, with the texts and ends that the predictions tell."""
    predictions = _predictions(file.path)
    rows = [_review(file.path, line, row, predictions) for line, row in json_lines(file.path)]
    models = {text_of(row.get("model")) for row in predictions.values()} - {None, ""}
    return log_of_answers(
        rows,
        file.path.name,
        is_lower_better,
        format="evalscope",
        harness=Harness(name="EvalScope", version=None),
        model=models.pop() if len(models) == 1 else file.model,
        task=file.task or file.path.stem,
        files=(file.path,),
    )


def _predictions(reviews: Path) -> dict[object, Mapping[str, Any]]:
    beside = reviews.parents[2:3]
    path = beside[0] / "predictions" / reviews.parent.name / reviews.name if beside else None
    if path is None or not path.is_file():
        return {}
    return {str(row.get("index")): row for _, row in json_lines(path)}


def _review(
    path: Path, line: int, row: Mapping[str, Any], predictions: Mapping[object, Mapping[str, Any]]
) -> AnswerRow:
    where = at_line(path, line)
    sample = mapping(row.get("sample_score"))
    score = mapping(sample.get("score"))
    predicted = predictions.get(str(row.get("index")), {})
    choices = mapping(predicted.get("model_output")).get("choices")
    choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    group, repeat = sample.get("group_id"), sample.get("generation_index")
    values = _values(score)
    question, target = _question(row), row.get("target")
    read = score.get("extracted_prediction")
    return AnswerRow(
        where=where,
        native_id=str(identity_of(row, "index", where) if group is None else group),
        repeat=repeat if isinstance(repeat, int) else None,
        question=question,
        gold=text_of(target[0] if isinstance(target, list) and len(target) == 1 else target),
        prompt=None if question is None else hash_of(question),
        text=text_of(score.get("prediction")),
        finish=finish_of(choice.get("stop_reason")),
        scores=values,
        readings=dict.fromkeys(values, text_of(read) or None) if read is not None else {},
    )


def _values(score: Mapping[str, Any]) -> dict[str, float | None]:
    """Return every score, the one that EvalScope itself calls the main one first."""
    values = {str(k): number(_plain(v)) for k, v in mapping(score.get("value")).items()}
    main = score.get("main_score_name")
    first = {main: values[main]} if isinstance(main, str) and main in values else {}
    return first | values


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def _question(row: Mapping[str, Any]) -> str | None:
    """Return what was asked: all that stands before the model said anything."""
    messages = row.get("messages")
    asked = []
    for message in map(mapping, messages if isinstance(messages, list) else []):
        if message.get("role") == "assistant":
            break
        asked.append(text_of(message.get("content")) or "")
    return "\n\n".join(asked) or text_of(row.get("input"))
