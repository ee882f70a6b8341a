"""Logs of olmo-eval: ``*-predictions.jsonl``, with its requests and its ``metrics.json``.

Several outputs are samples, each with its own scores, or the choices of a question whose
likelihoods were asked; the request tells which. A request without an output failed, and an output
with an error of its scorer was not graded; the tool counts both as wrong. The layout is that of
runs of olmo-eval 1.0.0.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, is_lower_better, log_of_answers
from evalsuite.logs.lines import (
    hash_of,
    identity_of,
    json_file,
    json_lines,
    mapping,
    neighbour,
    number,
    text_of,
)
from evalsuite.logs.log import Harness, LogFile
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = ["is_olmo", "olmo_file", "read_olmo"]

_ENDING = "-predictions"
_UNSAFE = str.maketrans(":/\\ ", "____")
"""What the tool does not write into the names of files."""
_MEANS = ("accuracy", "greedy_accuracy", "pass_at_")
"""What the names of metrics begin with that are means over questions."""


def is_olmo(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a prediction of olmo-eval's."""
    return {"doc_id", "model_output", "instance_metrics"} <= row.keys()


def olmo_file(path: Path) -> LogFile:
    """Describe a file of predictions by the metrics of its run, else by its name and folder."""
    results = path.parent.parent.with_name("metrics.json")
    about = _about(neighbour(results), path)
    return LogFile(
        format="olmo-eval",
        path=path,
        task=about.task or path.stem.removesuffix(_ENDING),
        model=about.model or path.parent.name,
        # of another run, of which this file is none, nothing is held against it
        results=results if about.task or _is_torn(results) else None,
    )


def _is_torn(results: Path) -> bool:
    return results.is_file() and not neighbour(results)


@dataclass(frozen=True, slots=True)
class _About:
    """What the metrics of a run tell of one model on one task."""

    task: str | None = None
    model: str | None = None
    primary: str | None = None
    n: int | None = None
    means: Mapping[str, float] = field(default_factory=dict)


def _about(run: Mapping[str, Any], path: Path) -> _About:
    """Find the entry of a file among all tasks of the run, by the name it gave the file."""
    entries, stem = run.get("tasks"), path.stem.removesuffix(_ENDING)
    for entry in map(mapping, entries if isinstance(entries, list) else []):
        task = text_of(entry.get("task")) or ""
        model = text_of(entry.get("model")) or _model(run)
        plain = task.translate(_UNSAFE)
        names = (plain, f"{plain}_{str(entry.get('task_hash'))[-6:]}")
        if stem in names and (model or "").translate(_UNSAFE) == path.parent.name:
            n, metrics = entry.get("num_instances"), _named(entry.get("metrics"))
            return _About(
                task=task,
                model=model,
                primary=text_of(entry.get("primary_metric")),
                n=n if isinstance(n, int) else None,
                means={name: v for name, v in metrics.items() if v is not None and _is_mean(name)},
            )
    return _About()


def _model(run: Mapping[str, Any]) -> str | None:
    return text_of(mapping(mapping(run.get("config")).get("provider")).get("model"))


def _is_mean(name: str) -> bool:
    return name.startswith(_MEANS)


def read_olmo(file: LogFile, *, allow_missing: bool = False) -> Log:
    """Read one task of one model."""
    requests = _requests(file.path)
    first = next(iter(requests.values()), {})
    about = _about(json_file(file.results), file.path) if file.results else _About()
    lines = [(at_line(file.path, line), row) for line, row in json_lines(file.path)]
    is_choice = first.get("request_type") == "loglikelihood" or any(
        _are_choices(row) for _, row in lines
    )
    rows = [
        answer
        for where, row in lines
        for answer in _answers(where, row, requests, about.primary, is_choice=is_choice)
    ]
    is_sampled = any(row.repeat for row in rows)
    return log_of_answers(
        rows,
        file.path.name,
        is_lower_better,
        allow_missing=allow_missing,
        format="olmo-eval",
        harness=Harness(name="olmo-eval", version=None),
        model=file.model,
        task=file.task or file.path.stem,
        is_choice=is_choice,
        files=(file.path, *([file.results] if file.results else [])),
        stated=_stated(about, rows) if is_sampled else Tally(n=about.n, means=dict(about.means)),
        **({} if is_choice else _decoding(first)),
    )


def _stated(about: _About, rows: Sequence[AnswerRow]) -> Tally:
    """Take the mean over samples, which is pass at 1 where each is right or wrong."""
    names = {name: f"pass_at_1:{name}" for row in rows for name in row.scores}
    return Tally(
        n=about.n,
        means={
            name: about.means[stated]
            for name, stated in names.items()
            if stated in about.means and all(row.scores.get(name) in (0, 1) for row in rows)
        },
    )


def _requests(path: Path) -> dict[str, Mapping[str, Any]]:
    """Index what was asked, from the file that the tool writes beside the predictions."""
    name = f"{path.stem.removesuffix(_ENDING)}-requests.jsonl"
    requests = path.parent.parent.with_name("requests") / path.parent.name / name
    if not requests.is_file():
        return {}
    return {str(row.get("doc_id")): row for _, row in json_lines(requests)}


def _decoding(request: Mapping[str, Any]) -> dict[str, Any]:
    """Take what was sent with the first question, as the tool's own words have it."""
    sent = mapping(request.get("request"))
    settings, stop = mapping(sent.get("generation_kwargs")), sent.get("stop_sequences")
    limit = settings.get("max_gen_toks")
    is_greedy = settings.get("do_sample") is False
    return {
        "max_new_tokens": limit if isinstance(limit, int) and limit > 0 else None,
        "temperature": 0.0 if is_greedy else number(settings.get("temperature")),
        "top_p": number(settings.get("top_p")),
        "stop": tuple(map(str, stop)) if isinstance(stop, list) else None,
    }


def _are_choices(row: Mapping[str, Any]) -> bool:
    """Tell likelihoods by their scorer, where no request does."""
    return len(_outputs(row)) > 1 and "logprob" in mapping(row.get("instance_metrics"))


def _outputs(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    outputs = row.get("model_output")
    return [mapping(output) for output in outputs] if isinstance(outputs, list) else []


def _answers(
    where: str,
    row: Mapping[str, Any],
    requests: Mapping[str, Mapping[str, Any]],
    primary: str | None,
    *,
    is_choice: bool,
) -> list[AnswerRow]:
    """Return one answer a sample, or one alone of choices and where nothing came."""
    outputs, request = _outputs(row), requests.get(str(row.get("doc_id")), {})
    document, sent = mapping(request.get("doc")), mapping(request.get("request"))
    query, label = text_of(document.get("query")), text_of(row.get("label"))
    asked: dict[str, Any] = {
        "where": where,
        "native_id": text_of(row.get("native_id")) or str(identity_of(row, "doc_id", where)),
        "question": query,
        "gold": label,
        "document": hash_of(row.get("doc_id"), row.get("native_id"), label)
        if query is None
        else hash_of(query, document.get("choices"), label),
        "prompt": hash_of(sent["context"], sent.get("system_prompt"))
        if "context" in sent
        else None,
        "is_failed": not outputs or any(output.get("scoring_errors") for output in outputs),
    }
    whole = _in_order(_named(row.get("instance_metrics")), primary)
    if is_choice or not outputs:
        return [AnswerRow(**asked, repeat=0, text=_choices(outputs), scores=whole)]
    return [
        _sample(asked, i, output, whole if len(outputs) == 1 else {})
        for i, output in enumerate(outputs)
    ]


def _sample(
    asked: Mapping[str, Any], i: int, output: Mapping[str, Any], whole: dict[str, float | None]
) -> AnswerRow:
    scores = whole or _named(output.get("sample_metrics"))
    read = text_of(output.get("extracted_answer"))
    return AnswerRow(
        **asked,
        repeat=i,
        text=text_of(output.get("text")),
        scores=scores,
        readings=dict.fromkeys(scores, read) if "extracted_answer" in output else {},
    )


def _choices(outputs: Sequence[Mapping[str, Any]]) -> str | None:
    """Write down the choices with their log-likelihoods: the whole of what such a model says."""
    lines = [f"{i}: {o.get('sum_logits')} {o.get('text')}" for i, o in enumerate(outputs)]
    return "\n".join(lines) or None


def _named(metrics: object) -> dict[str, float | None]:
    """Name a score after its metric and scorer, as the tool does.

    A scorer's own value is named after it, and left out where a metric is made of it.
    """
    named: dict[str, float | None] = {}
    scorers: dict[str, float | None] = {}
    for metric, values in mapping(metrics).items():
        for scorer, value in (values if isinstance(values, dict) else {metric: values}).items():
            plain = number(int(value) if isinstance(value, bool) else value)
            if scorer == metric:
                scorers[str(scorer)] = plain
            else:
                named[f"{metric}:{scorer}"] = plain
    made_of = {name.rpartition(":")[2] for name in named}
    return named | {name: value for name, value in scorers.items() if name not in made_of}


def _in_order(scores: dict[str, float | None], primary: str | None) -> dict[str, float | None]:
    """Put the task's own primary metric first: the first grader decides."""
    first = {primary: scores[primary]} if primary is not None and primary in scores else {}
    return first | scores
