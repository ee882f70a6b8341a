"""Lines as the first evalsuite wrote them, put into the fields of today's records.

Schema 1 has no number of its own in every line: a grade with the field ``strict`` is an old one,
and an empty text of a question is a withheld one.
"""

from __future__ import annotations

from typing import Any

from evalsuite.records.run import Grade, Question

__all__ = ["as_written_today"]


def as_written_today(kind: type[Any], value: Any) -> Any:
    """Translate one decoded line, or leave it as it is; what is wrong with it shows later."""
    if not isinstance(value, dict):
        return value
    if kind is Grade and "strict" in value and "scores" not in value:
        return _grade(value)
    if kind is Question and value.get("text") == "":
        return value | {"text": None}
    return value


def _grade(value: dict[str, Any]) -> dict[str, Any]:
    graders = ("strict", "flexible")
    readings = {"strict": value.get("answer"), "flexible": value.get("flexible_answer")}
    span = value.get("span")
    # one span was written: the flexible reading's, which is the strict one's where there is a box
    spans = {g: span for g in graders if span is not None and readings[g] is not None}
    return {
        "question_id": value.get("question_id"),
        "sample": value.get("sample"),
        "scores": {grader: _score(value.get(grader)) for grader in graders},
        "readings": readings,
        "spans": spans,
    }


def _score(right: Any) -> Any:
    return float(right) if isinstance(right, bool) else right
