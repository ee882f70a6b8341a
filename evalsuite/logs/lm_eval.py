"""Logs of lm-eval: ``samples_<task>_<stamp>.jsonl`` with ``results_<stamp>.json`` beside it.

One row a question and filter: all rows of one filter, then all of the next. How an answer ended
and how many tokens it has, lm-eval does not record. Its scores are about a question, whatever the
number of repeats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.formats.answers import is_lower_better, no_grades
from evalsuite.logs.lines import hash_of, json_file, json_lines, mapping, number, text_of
from evalsuite.logs.log import Entry, Harness, Log, LogFile, LoggedAnswer
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["is_row", "lm_eval_file", "read_lm_eval"]

_NAME = re.compile(r"samples_(?P<task>.+)_(?P<stamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)")
_QUESTION_KEYS = ("question", "query", "problem", "prompt", "input", "text", "goal", "ctx")
"""Of a document, in the order in which one is taken for the question."""
_LONGEST_DOCUMENT = 4000
"""Characters shown of a document that has none of these keys."""
_NOTHING = "[invalid]"
"""What lm-eval writes where a filter found no answer."""
_ADAPTERS = ("peft", "delta", "lora", "adapter")
"""Model arguments under which a commit does not say which weights answered."""


def is_row(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of lm-eval's."""
    return "doc" in row and "metrics" in row and ("resps" in row or "filtered_resps" in row)


def lm_eval_file(path: Path) -> LogFile:
    """Describe a file of samples from its name and neighbours."""
    match = _NAME.fullmatch(path.stem)
    results = sorted(path.parent.glob("results*.json"))
    if match is not None:
        # of the same stamp alone: another run's results would be held against these rows
        results = [p for p in results if p.stem == f"results_{match['stamp']}"]
    return LogFile(
        format="lm-eval",
        path=path,
        task=match["task"] if match else path.stem,
        model=path.parent.name if match else None,
        results=results[0] if len(results) == 1 else None,
    )


def read_lm_eval(file: LogFile) -> Log:
    """Read every row and filter of one task.

    Raises
    ------
    InvalidInputError
        Naming the line: no JSON, a question twice, rows without scores.
    """
    task = file.task or file.path.stem
    results = json_file(file.results) if file.results else {}
    rows = _rows(file.path)
    names = _scores_of(rows)
    graders, left_out = _graders(names, rows, results, task)
    if not graders:
        raise no_grades(file.path.name, left_out)
    is_choice = _is_choice(rows)
    config = mapping(mapping(results.get("configs")).get(task))
    return Log(
        format="lm-eval",
        harness=_harness(results, task),
        model=_model(results),
        revision=_revision(results),
        task=task,
        is_choice=is_choice,
        graders=tuple(graders),
        entries=_entries(rows, graders, is_choice=is_choice),
        files=(file.path, *([file.results] if file.results else [])),
        dtype=_dtype(results),
        stated=_stated(results, config, task, graders),
        left_out=tuple(left_out),
        **_decoding(rows, is_choice=is_choice),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    values: dict[str, Any]
    filter: str


@dataclass(frozen=True, slots=True)
class _Grader:
    metric: str
    filter: str

    @property
    def name(self) -> str:
        return self.metric if self.filter == "none" else f"{self.metric},{self.filter}"


@dataclass(slots=True)
class _Rows:
    """Rows of one question, by filter, in the order of the file."""

    by_filter: dict[str, dict[str, Any]] = field(default_factory=dict)


def _rows(path: Path) -> dict[str, _Rows]:
    questions: dict[str, _Rows] = {}
    for line, row in json_lines(path):
        if not is_row(row):
            raise InvalidInputError(f"{path} line {line} is no row of lm-eval; mend or remove it")
        name = str(row.get("filter", "none"))
        by_filter = questions.setdefault(str(row.get("doc_id", line)), _Rows()).by_filter
        if name in by_filter:
            raise InvalidInputError(
                f"{path} line {line} gives question {row.get('doc_id')} with filter {name!r} a "
                "second time; keep one"
            )
        by_filter[name] = row
    if not questions:
        raise InvalidInputError(f"{path} holds no answers; check the path")
    return questions


def _first(questions: Mapping[str, _Rows]) -> dict[str, Any]:
    return next(iter(next(iter(questions.values())).by_filter.values()))


def _scores_of(questions: Mapping[str, _Rows]) -> list[_Grader]:
    """List every score in the order of the file: filters first, their metrics within."""
    names: dict[_Grader, None] = {}
    for filter_name in {f: None for rows in questions.values() for f in rows.by_filter}:
        for rows in questions.values():
            row = rows.by_filter.get(filter_name)
            if row is not None:
                metrics = row["metrics"] if isinstance(row["metrics"], list) else []
                names.update({_Grader(str(m), filter_name): None for m in metrics})
                break
    return list(names)


def _graders(
    names: Sequence[_Grader],
    questions: Mapping[str, _Rows],
    results: Mapping[str, Any],
    task: str,
) -> tuple[dict[str, _Grader], list[str]]:
    """Part the scores into graders and what can't be one."""
    better = mapping(mapping(results.get("higher_is_better")).get(task))
    graders: dict[str, _Grader] = {}
    left_out = []
    for grader in names:
        values = [
            number(_score(rows.by_filter[grader.filter].get(grader.metric)))
            for rows in questions.values()
            if grader.filter in rows.by_filter
        ]
        # perplexities and error rates are numbers too; read as grades they would turn the verdict
        is_grade = all(value is not None and 0 <= value <= 1 for value in values)
        if is_grade and better.get(grader.metric, not is_lower_better(grader.metric)) is not False:
            graders[grader.name] = grader
        else:
            left_out.append(grader.name)
    return graders, left_out


def _score(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def _is_choice(questions: Mapping[str, _Rows]) -> bool:
    """Tell likelihoods, which are pairs of texts, from texts."""
    responses = _first(questions).get("resps")
    first = responses[0] if isinstance(responses, list) and responses else None
    return isinstance(first, list) and bool(first) and isinstance(first[0], list)


def _entries(
    questions: Mapping[str, _Rows], graders: Mapping[str, _Grader], *, is_choice: bool
) -> tuple[Entry, ...]:
    return tuple(
        _entry(native_id, rows.by_filter, graders, is_choice=is_choice)
        for native_id, rows in questions.items()
    )


def _entry(
    native_id: str,
    by_filter: Mapping[str, dict[str, Any]],
    graders: Mapping[str, _Grader],
    *,
    is_choice: bool,
) -> Entry:
    row = next(iter(by_filter.values()))
    texts = _choices(row) if is_choice else _texts(row)
    answers = tuple(LoggedAnswer(sample=i, text=text) for i, text in enumerate(texts))
    readings: dict[str, str | None] = {}
    if not is_choice:
        for name, grader in graders.items():
            readings |= _reading(name, by_filter.get(grader.filter))
    target = text_of(row.get("target"))
    return Entry(
        native_id=native_id,
        document=text_of(row.get("doc_hash")) or hash_of(row["doc"]),
        target=text_of(row.get("target_hash")) or (None if target is None else hash_of(target)),
        prompt=text_of(row.get("prompt_hash")),
        text=_question(row["doc"]),
        gold=target,
        answers=answers,
        scores={
            name: number(_score(mapping(by_filter.get(grader.filter)).get(grader.metric)))
            for name, grader in graders.items()
        },
        readings=readings,
    )


def _texts(row: Mapping[str, Any]) -> list[str | None]:
    """Return every repeat's text: lm-eval keeps them all in the first list."""
    responses = row.get("resps")
    first = responses[0] if isinstance(responses, list) and responses else None
    texts = first if isinstance(first, list) else [first]
    return [text if isinstance(text, str) else None for text in texts] or [None]


def _choices(row: Mapping[str, Any]) -> list[str | None]:
    """Write down the choices with their log-likelihoods: the whole of what such a model says."""
    arguments = list(mapping(row.get("arguments")).values())
    lines = []
    for i, response in enumerate(row.get("resps", [])):
        likelihood = response[0] if isinstance(response, list) and response else response
        if isinstance(likelihood, list) and likelihood:
            likelihood = likelihood[0]
        sent = mapping(arguments[i]).get("arg_1") if i < len(arguments) else None
        lines.append(f"{i}: {likelihood} {sent if isinstance(sent, str) else ''}".rstrip())
    return ["\n".join(lines)]


def _reading(name: str, row: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Tell what a filter left; nothing where it filters nothing."""
    filtered = None if row is None else row.get("filtered_resps")
    if not isinstance(filtered, list) or not filtered or not isinstance(filtered[0], str):
        return {}
    if row is None or row.get("filter") == "none":
        return {}
    return {name: None if filtered[0] == _NOTHING else filtered[0]}


def _question(document: object) -> str | None:
    if not isinstance(document, dict):
        return text_of(document)
    for key in _QUESTION_KEYS:
        if isinstance(document.get(key), str) and document[key].strip():
            return str(document[key])
    return "\n".join(f"{key}: {value}" for key, value in document.items())[:_LONGEST_DOCUMENT]


def _decoding(questions: Mapping[str, _Rows], *, is_choice: bool) -> dict[str, Any]:
    """Take what was sent with the first question; nothing of it where likelihoods were asked."""
    if is_choice:
        return {}
    sent = mapping(mapping(mapping(_first(questions).get("arguments")).get("gen_args_0")))
    settings = mapping(sent.get("arg_1"))
    limit = settings.get("max_gen_toks", settings.get("max_new_tokens"))
    stop = settings.get("until")
    # lm-eval's own rule: without sampling a temperature is not looked at
    temperature = 0.0 if settings.get("do_sample") is False else number(settings.get("temperature"))
    return {
        "max_new_tokens": limit if isinstance(limit, int) and limit > 0 else None,
        "temperature": temperature,
        "top_p": number(settings.get("top_p")),
        "stop": tuple(map(str, stop)) if isinstance(stop, list) else None,
    }


def _harness(results: Mapping[str, Any], task: str) -> Harness:
    version = mapping(results.get("versions")).get(task)
    shots = mapping(results.get("n-shot")).get(task)
    parts = [] if version is None else [f"version {version}"]
    parts += [] if shots is None else [f"{shots}-shot"]
    # a file in lm-eval's form that evalsuite wrote is no log of lm-eval's
    name, _, version = (text_of(results.get("exported_by")) or "lm-eval").partition(" ")
    return Harness(
        name=name,
        version=version or text_of(results.get("lm_eval_version")),
        task_version=", ".join(parts) or None,
    )


def _arguments(results: Mapping[str, Any]) -> Mapping[str, Any]:
    arguments = mapping(results.get("config")).get("model_args")
    if isinstance(arguments, str):
        return dict(part.split("=", 1) for part in arguments.split(",") if "=" in part)
    return mapping(arguments)


def _model(results: Mapping[str, Any]) -> str | None:
    """Name the model as its arguments do: file and folder names are what somebody called them."""
    arguments = _arguments(results)
    named = next((arguments[k] for k in ("peft", "pretrained", "model") if arguments.get(k)), None)
    name = text_of(named) or text_of(results.get("model_name"))
    return name.rstrip("/") if name else None


def _revision(results: Mapping[str, Any]) -> str | None:
    commit = mapping(results.get("config")).get("model_sha")
    if any(_arguments(results).get(key) for key in _ADAPTERS):
        return None
    return commit if isinstance(commit, str) and commit else None


def _dtype(results: Mapping[str, Any]) -> str | None:
    dtype = mapping(results.get("config")).get("model_dtype")
    return dtype.removeprefix("torch.") if isinstance(dtype, str) and dtype else None


def _stated(
    results: Mapping[str, Any],
    config: Mapping[str, Any],
    task: str,
    graders: Mapping[str, _Grader],
) -> Tally:
    stated = mapping(mapping(results.get("results")).get(task))
    effective = mapping(mapping(results.get("n-samples")).get(task)).get("effective")
    means = {}
    for name, grader in graders.items():
        mean = number(stated.get(f"{grader.metric},{grader.filter}"))
        if mean is not None and grader.metric in _averaged(config):
            means[name] = mean
    return Tally(n=effective if isinstance(effective, int) else None, means=means)


def _averaged(config: Mapping[str, Any]) -> set[str]:
    """Name the metrics that the task says it averages."""
    metrics = config.get("metric_list")
    return {
        str(metric.get("metric"))
        for metric in (metrics if isinstance(metrics, list) else [])
        if isinstance(metric, dict) and metric.get("aggregation") == "mean"
    }
