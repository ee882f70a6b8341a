"""Two small formats: olmo-eval's ``*-predictions.jsonl`` and the lines of eval-arena.

olmo-eval scores a question and, of several outputs, each; eval-arena keeps how many of a model's
answers to a question were right and no answer at all. Of olmo-eval (e8b88f19) no file of a real run
was at hand; eval-arena's reader was held against five files of its own repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, at_line
from evalsuite.logs.formats.answers import AnswerRow, is_lower_better, log_of_answers
from evalsuite.logs.lines import hash_of, identity_of, json_lines, mapping, number, text_of
from evalsuite.logs.log import Harness, LogFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = [
    "arena_file",
    "is_arena",
    "is_olmo",
    "olmo_file",
    "read_arena",
    "read_olmo",
]

_ENDING = "-predictions"


def is_olmo(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a prediction of olmo-eval's."""
    return {"doc_id", "model_output", "instance_metrics"} <= row.keys()


def olmo_file(path: Path) -> LogFile:
    """Describe a file of predictions by its name and folder."""
    return LogFile(
        format="olmo-eval",
        path=path,
        task=path.stem.removesuffix(_ENDING),
        model=path.parent.name,
    )


def read_olmo(file: LogFile) -> Log:
    """Read one task; several outputs are samples, each with its own scores."""
    rows = [
        answer
        for line, row in json_lines(file.path)
        for answer in _outputs(row, at_line(file.path, line))
    ]
    return log_of_answers(
        rows,
        file.path.name,
        is_lower_better,
        format="olmo-eval",
        harness=Harness(name="olmo-eval", version=None),
        model=file.model,
        task=file.task or file.path.stem,
        files=(file.path,),
    )


def _outputs(row: Mapping[str, Any], where: str) -> Iterator[AnswerRow]:
    outputs = row.get("model_output")
    listed = [mapping(output) for output in outputs] if isinstance(outputs, list) else []
    for i, output in enumerate(listed or [{}]):
        own = _flat(output.get("sample_metrics"))
        scores = own if len(listed) > 1 else _flat(row.get("instance_metrics")) or own
        read = output.get("extracted_answer")
        yield AnswerRow(
            where=where,
            native_id=text_of(row.get("native_id")) or str(identity_of(row, "doc_id", where)),
            repeat=i,
            gold=text_of(row.get("label")),
            document=hash_of(row.get("doc_id"), row.get("native_id"), row.get("label")),
            text=text_of(output.get("text")),
            scores=scores,
            readings=dict.fromkeys(scores, text_of(read)) if "extracted_answer" in output else {},
        )


def _flat(metrics: object) -> dict[str, float | None]:
    """Name a scorer's one value after it, and others by both names."""
    scores: dict[str, float | None] = {}
    for scorer, values in mapping(metrics).items():
        inner = values if isinstance(values, dict) else {scorer: values}
        for name, value in inner.items():
            plain = int(value) if isinstance(value, bool) else value
            scores[str(scorer) if name == scorer else f"{scorer}/{name}"] = number(plain)
    return scores


def is_arena(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of eval-arena's."""
    return {"benchmark_id", "example_id", "model"} <= row.keys() and (
        "pass1" in row or {"correct", "count"} <= row.keys()
    )


def arena_file(path: Path) -> LogFile:
    """Describe a file, which holds any number of benchmarks and models."""
    return LogFile(format="eval-arena", path=path)


def read_arena(file: LogFile) -> tuple[Log, ...]:
    """Read one log a benchmark and model; a question's score is its share of right answers."""
    groups: dict[tuple[str, str], list[AnswerRow]] = {}
    for line, row in json_lines(file.path):
        where = at_line(file.path, line)
        key = str(row.get("benchmark_id")), str(row.get("model"))
        example = str(identity_of(row, "example_id", where))
        answer = AnswerRow(
            where=where, native_id=example, repeat=0, scores={"pass1": _share(row, where)}
        )
        groups.setdefault(key, []).append(answer)
    return tuple(
        log_of_answers(
            rows,
            file.path.name,
            format="eval-arena",
            harness=Harness(name="eval-arena", version=None),
            model=model,
            task=task,
            files=(file.path,),
        )
        for (task, model), rows in groups.items()
    )


def _share(row: Mapping[str, Any], where: str) -> float | None:
    """Return right answers over all, held against the share that the line itself states."""
    right, count, stated = (number(row.get(key)) for key in ("correct", "count", "pass1"))
    if right is None or count is None:
        return stated
    share = right / count if count > 0 else None
    if share is None or (stated is not None and abs(share - stated) > 1e-6):
        raise InvalidInputError(
            "{where} counts {right:g} right of {count:g} and says pass1 {stated}; mend it",
            where=where,
            right=right,
            count=count,
            stated=stated,
        )
    return share
