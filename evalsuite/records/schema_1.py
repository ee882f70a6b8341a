"""Files as the first evalsuite wrote them, put into the fields of today's records.

Results of schema 1 say so. Lines of journals and grades have no number of their own: a grade with
the field ``strict`` is an old one, and an empty text of a question is a withheld one.
"""

from __future__ import annotations

from typing import Any

from evalsuite.records.run import Grade, Question

__all__ = ["as_written_today", "upgraded"]


def as_written_today(kind: type[Any], value: Any) -> Any:
    """Translate one decoded line, or leave it as it is; what is wrong with it shows later."""
    if not isinstance(value, dict):
        return value
    if kind is Grade and "strict" in value and "scores" not in value:
        return _grade(value)
    if kind is Question and value.get("text") == "":
        return value | {"text": None}
    return upgraded(value) if value.get("schema") == 1 else value


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


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """Lift ``provenance.family`` and ``diagnostics.stopped_early``, in every single comparison.

    Documents of other kinds come back as they are. What schema 1 did not record stays None.
    """
    lifted = dict(document)
    for key, corner in (("family", "provenance"), ("stopped_early", "diagnostics")):
        known = lifted.get(corner)
        if isinstance(known, dict) and key in known:
            lifted[corner] = {name: value for name, value in known.items() if name != key}
            lifted[key] = known[key]
    is_comparison = "mcnemar" in lifted
    if is_comparison and "same_weights" not in lifted:
        lifted["same_weights"] = _same_weights(lifted.get("provenance"))
    parts = lifted.get("comparisons")
    if isinstance(parts, list):
        lifted["comparisons"] = [upgraded(p) if isinstance(p, dict) else p for p in parts]
    return lifted


def _same_weights(provenance: Any) -> bool | None:
    """Return whether both sides name the same weights; None where one does not name them."""
    identities = []
    for side in ("base", "trained"):
        known = provenance.get(side) if isinstance(provenance, dict) else None
        model = known.get("model") if isinstance(known, dict) else None
        model = model if isinstance(model, dict) else {}
        identities.append(model.get("weights") or model.get("revision"))
    return None if None in identities else identities[0] == identities[1]
