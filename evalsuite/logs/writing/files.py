"""Files of other tools: the same scored answers as lm-eval, evalstats, eval-arena or parquet.

Nothing is written that the log does not hold. What a format has no place for is refused, not bent.
"""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import safe_name
from evalsuite.errors import InvalidInputError
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from evalsuite.logs.log import Entry, Log, LoggedAnswer

__all__ = [
    "arena_files",
    "encodable",
    "evalstats_files",
    "folders",
    "inferred_source",
    "known",
    "lm_eval_files",
    "means_of",
    "named",
    "parquet_files",
    "scored_answers",
]

Files = dict[str, str | bytes]
"""Path below the folder that was asked for, and what stands there."""

_HALVES = re.compile("[\ud800-\udfff]")
"""Surrogates: what is left of a character that a token limit cut through."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def known(**values: Any) -> dict[str, Any]:
    """Keep what is known."""
    return {key: value for key, value in values.items() if value is not None}


def inferred_source(answer: LoggedAnswer) -> str | None:
    """Say where an end comes from that no log recorded; None leaves the rest as other tools do."""
    return answer.finish_source if answer.finish_source == "inferred" else None


def encodable(text: str) -> str:
    """Put the sign for an unreadable character where half of one stands, which no file may hold."""
    return _HALVES.sub("\ufffd", text)


def scored_answers(log: Log) -> Iterator[tuple[Entry, LoggedAnswer, Mapping[str, float | None]]]:
    """Yield every answer with its scores; a score over all answers belongs to the first alone."""
    whole = log.question_graders
    if whole and log.repeats > 1:
        raise InvalidInputError(
            "{model} has scores over {repeats} answers to a question, which this format has no "
            "place for; export to lm-eval",
            model=log.model,
            repeats=log.repeats,
        )
    for entry in log.entries:
        for answer in entry.answers:
            yield entry, answer, {**entry.scores, **answer.scores}


def means_of(log: Log) -> dict[str, float]:
    """Return every grader's mean over all answers that it scored; none where it scored none."""
    sums: dict[str, list[float]] = {grader: [] for grader in log.graders}
    for entry in log.entries:
        for scores in (entry.scores, *(answer.scores for answer in entry.answers)):
            for grader, score in known(**scores).items():
                sums[grader].append(score)
    return {grader: sum(scores) / len(scores) for grader, scores in sums.items() if scores}


def lm_eval_files(logs: Sequence[Log], at: datetime) -> Files:
    """Write ``samples_*.jsonl`` and ``results_*.json`` a model, as ``--log_samples`` names them."""
    stamp = at.strftime("%Y-%m-%dT%H-%M-%S.%f")
    files: Files = {}
    for folder, log in folders(logs):
        if log.repeats > 1 and set(log.graders) != log.question_graders:
            raise InvalidInputError(
                "{model} has {repeats} answers to each question, and lm-eval keeps one score a "
                "question; export to every-eval-ever, evalstats or parquet",
                model=log.model,
                repeats=log.repeats,
            )
        task = safe_name(log.task)
        lines = (json.dumps(row, ensure_ascii=False) for row in _lm_eval_rows(log))
        files[f"{folder}/samples_{task}_{stamp}.jsonl"] = encodable(
            "".join(f"{line}\n" for line in lines)
        )
        results = json.dumps(_lm_eval_results(log, task), ensure_ascii=False, indent=2)
        files[f"{folder}/results_{stamp}.json"] = encodable(f"{results}\n")
    return files


def named(logs: Sequence[Log]) -> Iterator[tuple[str, Log]]:
    """Give every log its model's name; equal ones on one task are told apart by their place."""
    names = [(log.task, log.model or "model") for log in logs]
    taken = {name for name in names if names.count(name) == 1}
    for (task, model), log in zip(names, logs, strict=True):
        name = model
        if names.count((task, model)) > 1:
            numbered = (f"{model}-{i}" for i in count(1))
            name = next(name for name in numbered if (task, name) not in taken)
            taken.add((task, name))
        yield name, log


def folders(logs: Sequence[Log]) -> Iterator[tuple[str, Log]]:
    """Name a folder a model, below one a task where there are several; no two have the same."""
    is_one = len({log.task for log in logs}) == 1
    taken: set[str] = set()
    for name, log in named(logs):
        place = safe_name(name) if is_one else f"{safe_name(log.task)}/{safe_name(name)}"
        numbered = chain([place], (f"{place}-{i}" for i in count(2)))
        # some file systems take M for m
        folder = next(folder for folder in numbered if folder.casefold() not in taken)
        taken.add(folder.casefold())
        yield folder, log


def _by_filter(log: Log) -> dict[str, dict[str, str]]:
    """Take ``metric,filter`` apart: filter to its metrics, each with the grader it stands for."""
    filters: dict[str, dict[str, str]] = {}
    for grader in log.graders:
        metric, _, name = grader.partition(",")
        filters.setdefault(name or "none", {})[metric] = grader
    return filters


def _lm_eval_rows(log: Log) -> Iterator[dict[str, Any]]:
    settings = known(
        max_gen_toks=log.max_new_tokens,
        temperature=log.temperature,
        top_p=log.top_p,
        until=list(log.stop) if log.stop else None,
    )
    for name, metrics in _by_filter(log).items():
        for i, entry in enumerate(log.entries):
            scores = {**entry.answers[0].scores, **entry.scores}
            if all(scores.get(grader) is None for grader in metrics.values()):
                continue  # the log has no row of this filter on this question
            readings = {**entry.answers[0].readings, **entry.readings}
            first = next(iter(metrics.values()))
            read = readings.get(first)
            yield known(
                doc_id=i,
                doc=known(id=entry.native_id, question=entry.text, answer=entry.gold),
                target=entry.gold,
                arguments={"gen_args_0": {"arg_1": settings}} if settings else None,
                resps=[[answer.text for answer in entry.answers]],
                filtered_resps=["[invalid]" if read is None else read] if first in readings else [],
                filter=name,
                metrics=list(metrics),
                doc_hash=entry.document,
                target_hash=entry.target,
                prompt_hash=entry.prompt,
                **{metric: scores.get(grader) for metric, grader in metrics.items()},
            )


def _lm_eval_results(log: Log, task: str) -> dict[str, Any]:
    means = means_of(log)
    pairs = [(m, f, g) for f, metrics in _by_filter(log).items() for m, g in metrics.items()]
    averaged = [{"metric": m, "aggregation": "mean"} for m in {m: None for m, _, _ in pairs}]
    n = len(log.entries)
    return {
        "exported_by": f"evalsuite {__version__}",
        "results": {task: {f"{metric},{name}": means.get(g) for metric, name, g in pairs}},
        "configs": {task: {"task": log.task, "metric_list": averaged}},
        "n-samples": {task: {"original": n, "effective": n}},
        "higher_is_better": {task: {metric: True for metric, _, _ in pairs}},
        "config": known(
            model_args=None if log.model is None else {"pretrained": log.model},
            model_dtype=log.dtype,
            model_sha=log.revision,
        ),
        **known(model_name=log.model),
    }


def evalstats_files(logs: Sequence[Log], at: datetime) -> Files:
    """Write the deciding scores as one long CSV: model, item, run, score."""
    del at
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "item", "run", "score"])
    is_one = len({log.task for log in logs}) == 1
    for name, log in named(logs):
        for entry, answer, scores in _decided(log):
            # there is no column of tasks, and two tasks may both have a question 0
            item = entry.native_id if is_one else f"{log.task}/{entry.native_id}"
            cells = (name, item, answer.sample, scores[log.graders[0]])
            writer.writerow([_defused(cell) for cell in cells])
    return {"evalstats.csv": encodable(text.getvalue())}


def _decided(log: Log) -> Iterator[tuple[Entry, LoggedAnswer, Mapping[str, float | None]]]:
    """Yield every answer with its scores, each with one of the grader that decides."""
    grader = log.graders[0]
    for entry, answer, scores in scored_answers(log):
        if scores.get(grader) is None:
            raise InvalidInputError(
                "{model} has no {grader} for question {question}, and this format has no place "
                "for what is not known; export to lm-eval or parquet, or decide by another "
                "--grader",
                model=log.model,
                grader=grader,
                question=entry.native_id[:80],
            )
        yield entry, answer, scores


def _defused(cell: Any) -> Any:
    """Keep a spreadsheet from running a name as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(_FORMULA) else cell


def arena_files(logs: Sequence[Log], at: datetime) -> Files:
    """Write eval-arena's lines: how many of a model's answers to a question are right."""
    del at
    counts: dict[tuple[str, str, str], list[bool]] = {}
    for name, log in named(logs):
        grader = log.graders[0]
        for entry, _, scores in _decided(log):
            if scores[grader] not in (0, 1):
                raise InvalidInputError(
                    "{model} has partial scores ({grader} {score}), and eval-arena counts right "
                    "answers; export to evalstats or parquet",
                    model=log.model,
                    grader=grader,
                    score=scores[grader],
                )
            key = (log.task, name, entry.native_id)
            counts.setdefault(key, []).append(scores[grader] == 1)
    lines = (
        {
            "benchmark_id": task,
            "model": model,
            "example_id": example,
            "pass1": sum(right) / len(right),
            "correct": sum(right),
            "count": len(right),
        }
        for (task, model, example), right in counts.items()
    )
    return {"eval-arena.jsonl": "".join(f"{json.dumps(line)}\n" for line in lines)}


def parquet_files(logs: Sequence[Log], at: datetime) -> Files:
    """Write one table of all answers, a column a grader; what is unknown is null."""
    del at
    import pyarrow as pa
    from pyarrow import parquet

    rows = [
        {
            "task": log.task,
            "model": name,
            "id": entry.native_id,
            "sample": answer.sample,
            "question": entry.text,
            "gold": entry.gold,
            "text": answer.text,
            "finish": None if answer.finish == "unknown" else answer.finish,
            **known(finish_source=inferred_source(answer)),
            "n_tokens": answer.n_tokens,
            "score": scores.get(log.graders[0]),
            **{f"score_{grader}": scores.get(grader) for grader in log.graders},
        }
        for name, log in named(logs)
        for entry, answer, scores in scored_answers(log)
    ]
    columns = dict.fromkeys(column for row in rows for column in row)
    table = pa.table({column: [_cell(row.get(column)) for row in rows] for column in columns})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return {"answers.parquet": sink.getvalue()}


def _cell(value: Any) -> Any:
    return encodable(value) if isinstance(value, str) else value
