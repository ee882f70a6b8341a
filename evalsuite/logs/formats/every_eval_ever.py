"""Logs in Every Eval Ever 0.3: ``<uuid>_samples.jsonl`` beside its totals ``<uuid>.json``.

One row a question, repeat and metric. The schema has no place for how an answer ended; where a
converter puts it among the metadata, it is taken. lm-eval's converter keeps what a filter left of
an answer in the place of the answer: that is read as a reading, and the text stays unknown. The
layout is that of the schemas in the package every-eval-ever 0.3.0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, at_line
from evalsuite.logs.formats.answers import (
    AnswerRow,
    finish_of,
    is_lower_better,
    log_of_answers,
    source_of,
)
from evalsuite.logs.lines import (
    hash_of,
    identity_of,
    json_file,
    json_lines,
    mapping,
    number,
    repeat_of,
    samples_beside,
    text_of,
)
from evalsuite.logs.log import Harness, Log, LogFile
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ENDING", "eee_file", "eee_samples_of", "is_eee", "is_eee_total", "read_eee"]

ENDING = "_samples"
"""Of the stem of a file of answers, after that of its totals."""


def is_eee(row: Mapping[str, Any]) -> bool:
    """Return whether a line is an answer in this format."""
    return {"evaluation_id", "sample_id", "evaluation", "interaction_type"} <= row.keys()


def is_eee_total(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON document holds totals in this format."""
    return "evaluation_results" in document and "schema_version" in document


def eee_file(path: Path) -> LogFile:
    """Describe a file of answers; its totals lie beside it under the same name."""
    totals = path.with_name(f"{path.stem.removesuffix(ENDING)}.json")
    return LogFile(
        format="every-eval-ever", path=path, results=totals if totals.is_file() else None
    )


def eee_samples_of(totals: Path) -> LogFile:
    """Find the answers behind totals that were named alone.

    Raises
    ------
    InvalidInputError
        Where there are none: totals can't be paired.
    """
    return eee_file(samples_beside(totals, f"{totals.stem}{ENDING}.jsonl"))


def read_eee(file: LogFile) -> tuple[Log, ...]:
    """Read one log a task and model, in the order of the file.

    Raises
    ------
    InvalidInputError
        Naming the line: no JSON, several turns, or an answer given twice.
    """
    totals = json_file(file.results) if file.results else {}
    groups: dict[tuple[str, str], dict[tuple[str, int], AnswerRow]] = defaultdict(dict)
    counted: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for line, row in json_lines(file.path):
        where = at_line(file.path, line)
        task, model = str(row.get("evaluation_name")), str(row.get("model_id"))
        answer = _row(row, where)
        grader = next(iter(answer.scores))
        repeat = answer.repeat
        if repeat is None:
            key = (task, model, answer.native_id, grader)
            repeat, counted[key] = counted[key], counted[key] + 1
        _put(groups[task, model], replace(answer, repeat=repeat), grader)
    if not groups:
        raise InvalidInputError("{path} holds no answers; check the path", path=file.path)
    return tuple(
        _log(file, totals, task, model, list(rows.values()))
        for (task, model), rows in groups.items()
    )


def _put(rows: dict[tuple[str, int], AnswerRow], row: AnswerRow, grader: str) -> None:
    """Lay the rows of several metrics of one answer together."""
    key = (row.native_id, row.repeat or 0)
    known = rows.get(key)
    if known is None:
        rows[key] = row
        return
    if grader in known.scores:
        raise InvalidInputError(
            "{where} gives {grader} of sample {question} a second time; keep one",
            where=row.where,
            grader=grader,
            question=row.native_id,
        )
    rows[key] = replace(
        known,
        text=known.text if known.text is not None else row.text,
        scores={**known.scores, **row.scores},
        readings={**known.readings, **row.readings},
    )


def _row(row: Mapping[str, Any], where: str) -> AnswerRow:
    if row.get("interaction_type") != "single_turn":
        raise InvalidInputError(
            "{where} is {interaction_type!r}; only single_turn answers are compared",
            where=where,
            interaction_type=row.get("interaction_type"),
        )
    sent, about = mapping(row.get("input")), mapping(row.get("metadata"))
    grader = text_of(about.get("grader")) or text_of(row.get("evaluation_result_id")) or "score"
    text, is_filtered = _text(mapping(row.get("output"))), "lm_eval_metrics" in about
    gold = sent.get("reference")
    repeat = text_of(about.get("sample")) or text_of(about.get("epoch"))
    extracted = _extracted(row) if not is_filtered else text
    return AnswerRow(
        where=where,
        native_id=str(identity_of(row, "sample_id", where)),
        repeat=repeat_of(repeat, where) if repeat and repeat.isdecimal() else None,
        question=text_of(sent.get("raw")),
        gold=text_of(gold[0]) if isinstance(gold, list) and len(gold) == 1 else None,
        document=text_of(about.get("document"))
        or hash_of(row.get("sample_id"), sent.get("raw"), sent.get("choices")),
        prompt=None if sent.get("formatted") is None else hash_of(sent["formatted"]),
        text=None if is_filtered else text,
        finish=finish_of(about.get("finish") or about.get("stop_reason")),
        finish_source=source_of(about.get("finish_source")),
        n_tokens=_count(about.get("n_tokens")),
        scores={grader: number(mapping(row.get("evaluation")).get("score"))},
        readings={} if extracted is None else {grader: extracted},
    )


def _text(output: Mapping[str, Any]) -> str | None:
    raw = output.get("raw")
    texts = [text for text in raw if isinstance(text, str)] if isinstance(raw, list) else []
    return "\n".join(texts) if texts else None


def _extracted(row: Mapping[str, Any]) -> str | None:
    items = row.get("answer_attribution")
    for item in map(mapping, items if isinstance(items, list) else []):
        if item.get("is_terminal"):
            return text_of(item.get("extracted_value"))
    return None


def _count(written: object) -> int | None:
    text = text_of(written)
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _log(
    file: LogFile, totals: Mapping[str, Any], task: str, model: str, rows: list[AnswerRow]
) -> Log:
    library = mapping(totals.get("eval_library"))
    version = text_of(library.get("version"))
    results = [r for r in _results(totals) if r.get("evaluation_name") == task]
    sent = [mapping(mapping(r.get("generation_config")).get("generation_args")) for r in results]
    settings = sent[0] if sent else {}
    limit = settings.get("max_tokens")
    return log_of_answers(
        rows,
        file.path.name,
        lambda grader: _is_lower_better(grader, results),
        format="every-eval-ever",
        harness=Harness(
            name=text_of(library.get("name")), version=None if version == "unknown" else version
        ),
        model=model,
        task=task,
        files=(file.path, *([file.results] if file.results else [])),
        max_new_tokens=limit if isinstance(limit, int) and limit > 0 else None,
        temperature=number(settings.get("temperature")),
        top_p=number(settings.get("top_p")),
        stated=_stated(results, {name for row in rows for name in row.scores}),
    )


def _results(totals: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = totals.get("evaluation_results")
    return [mapping(result) for result in results] if isinstance(results, list) else []


def _is_lower_better(grader: str, results: list[Mapping[str, Any]]) -> bool:
    """Take what the totals say of a metric, and else what its name says."""
    told = {_stated_as(result, {grader}): result for result in results}.get(grader, {})
    lower = mapping(told.get("metric_config")).get("lower_is_better")
    return lower if isinstance(lower, bool) else is_lower_better(grader)


def _stated_as(result: Mapping[str, Any], graders: set[str]) -> str | None:
    """Return which of the graders a total is about."""
    named = (
        text_of(mapping(result.get("metric_config")).get("metric_id")),
        text_of(result.get("evaluation_result_id")),
    )
    return next((name for name in named if name in graders), None)


def _stated(results: list[Mapping[str, Any]], graders: set[str]) -> Tally:
    means = {}
    for result in results:
        name = _stated_as(result, graders)
        mean = number(mapping(result.get("score_details")).get("score"))
        if name is not None and mean is not None:
            means[name] = mean
    return Tally(means=means)
