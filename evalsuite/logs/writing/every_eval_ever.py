"""Every Eval Ever 0.3: totals and answers of a model, as the package's schemas ask for them.

Where the schema wants a word for what is not known here, it is its own ``unknown`` or ``other``.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evalsuite.disk.files import safe_name
from evalsuite.errors import InvalidInputError
from evalsuite.logs.writing.files import (
    encodable,
    inferred_source,
    known,
    means_of,
    named,
    scored_answers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from evalsuite.logs.log import Entry, Log, LoggedAnswer
    from evalsuite.logs.writing.files import Files

__all__ = ["eee_files"]

_SCHEMA = "0.3.0"


def eee_files(logs: Sequence[Log], at: datetime) -> Files:
    """Write ``<uuid>.json`` and ``<uuid>_samples.jsonl`` for every log, where the datastore would.

    Raises
    ------
    InvalidInputError
        Where a question's text is not known, which the schema requires.
    """
    files: Files = {}
    for label, log in named(logs):
        rows = (json.dumps(row, ensure_ascii=False) for row in _rows(log, at))
        answers = encodable("".join(f"{row}\n" for row in rows))
        checksum = hashlib.sha256(answers.encode()).hexdigest()
        name = UUID(bytes=bytes.fromhex(checksum)[:16], version=4)
        folder = f"data/{safe_name(log.task)}/{_model_folder(label)}"
        totals = _totals(log, at) | {
            "detailed_evaluation_results": {
                "format": "jsonl",
                "file_path": f"{folder}/{name}_samples.jsonl",
                "hash_algorithm": "sha256",
                "checksum": checksum,
                "total_rows": answers.count("\n"),
            }
        }
        files[f"{folder}/{name}_samples.jsonl"] = answers
        files[f"{folder}/{name}.json"] = encodable(
            json.dumps(totals, ensure_ascii=False, indent=2) + "\n"
        )
    return files


def _model_folder(model: str) -> str:
    """Name developer and model, as the schema's pattern asks for."""
    developer, _, name = model.rpartition("/")
    return f"{safe_name(developer.rpartition('/')[2] or 'unknown')}/{safe_name(name or 'model')}"


def _evaluation_id(log: Log, at: datetime) -> str:
    return f"{log.task}/{log.model or 'unknown'}/{int(at.timestamp())}"


def _totals(log: Log, at: datetime) -> dict[str, Any]:
    unknown = {"deployment_type": "unknown", "model_availability": "unknown"}
    name = log.model or "unknown"
    return {
        "schema_version": _SCHEMA,
        "evaluation_id": _evaluation_id(log, at),
        "retrieved_timestamp": str(int(at.timestamp())),
        "source_metadata": {
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": log.harness.name or "unknown",
            "version": log.harness.version or "unknown",
        },
        "model_info": {
            "name": name,
            "id": name,
            "additional_details": unknown | known(revision=log.revision, dtype=log.dtype),
        },
        "evaluation_results": [_result(log, *item) for item in means_of(log).items()],
    }


def _result(log: Log, grader: str, mean: float) -> dict[str, Any]:
    is_binary = all(scores.get(grader) in (0, 1, None) for _, _, scores in scored_answers(log))
    kind: dict[str, Any] = {"score_type": "binary"}
    if not is_binary:
        kind = {"score_type": "continuous", "min_score": 0, "max_score": 1}
    settings = known(temperature=log.temperature, top_p=log.top_p, max_tokens=log.max_new_tokens)
    return known(
        evaluation_result_id=grader,
        evaluation_name=log.task,
        source_data={
            "dataset_name": log.task,
            "source_type": "other",
            "additional_details": {"questions": str(len(log.entries))},
        },
        metric_config={"metric_id": grader, "lower_is_better": False} | kind,
        score_details={"score": mean},
        generation_config={"generation_args": settings} if settings else None,
    )


def _rows(log: Log, at: datetime) -> Iterator[dict[str, Any]]:
    for entry, answer, scores in scored_answers(log):
        if entry.text is None:
            raise InvalidInputError(
                "question {question} has no text here, and Every Eval Ever wants it; export to "
                "evalstats or parquet",
                question=entry.native_id,
            )
        for grader in log.graders:
            score = scores.get(grader)
            if score is None:
                continue  # the schema wants a number, and there is none
            yield known(
                schema_version=_SCHEMA,
                evaluation_id=_evaluation_id(log, at),
                model_id=log.model or "unknown",
                evaluation_name=log.task,
                evaluation_result_id=grader,
                sample_id=entry.native_id,
                sample_hash=_hash(entry),
                interaction_type="single_turn",
                input={"raw": entry.text, "reference": [] if entry.gold is None else [entry.gold]},
                output={"raw": [] if answer.text is None else [answer.text]},
                answer_attribution=_attribution(entry, answer, grader),
                evaluation={"score": score, "is_correct": score == 1},
                metadata=_metadata(entry, answer, grader),
            )


def _hash(entry: Entry) -> str:
    return hashlib.sha256(f"{entry.text}{entry.gold or ''}".encode(errors="replace")).hexdigest()


def _attribution(entry: Entry, answer: LoggedAnswer, grader: str) -> list[dict[str, Any]]:
    read = {**entry.readings, **answer.readings}.get(grader)
    if read is None:
        return []
    return [
        {
            "turn_idx": 0,
            "source": "output.raw",
            "extracted_value": read,
            "extraction_method": grader,
            "is_terminal": True,
        }
    ]


def _metadata(entry: Entry, answer: LoggedAnswer, grader: str) -> dict[str, str]:
    """Keep as texts what the schema has no field for; an unknown end is left out."""
    return known(
        grader=grader,
        sample=str(answer.sample),
        document=entry.document,
        finish=None if answer.finish == "unknown" else answer.finish,
        finish_source=inferred_source(answer),
        n_tokens=None if answer.n_tokens is None else str(answer.n_tokens),
    )
