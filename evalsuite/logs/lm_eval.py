"""Logs of lm-eval: ``samples_<task>_<stamp>.jsonl`` with ``results_<stamp>.json`` beside it.

One row a question and filter: all rows of one filter, then all of the next. How an answer ended
and how many tokens it has, lm-eval does not record. Its scores are about a question, whatever the
number of repeats.
"""

from __future__ import annotations

import re
from dataclasses import field
from sys import intern
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.formats.answers import is_lower_better, no_grades
from evalsuite.logs.lines import hash_of, json_file, json_lines, mapping, number, text_of
from evalsuite.logs.log import Entry, Harness, Log, LogFile, LoggedAnswer
from evalsuite.records.dataclass import dataclass
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
    names = _scores_of(rows.questions)
    graders, left_out = _graders(names, rows.questions, results, task)
    if not graders:
        raise no_grades(file.path.name, left_out)
    config = mapping(mapping(results.get("configs")).get(task))
    return Log(
        format="lm-eval",
        harness=_harness(results, task),
        model=_model(results),
        revision=_revision(results),
        task=task,
        is_choice=rows.is_choice,
        graders=tuple(graders),
        entries=tuple(_entry(i, each, graders) for i, each in rows.questions.items()),
        files=(file.path, *([file.results] if file.results else [])),
        dtype=_dtype(results),
        stated=_stated(results, config, task, graders),
        left_out=tuple(left_out),
        **_decoding(rows),
    )


@dataclass(frozen=True, slots=True)
class _Grader:
    metric: str
    filter: str

    @property
    def name(self) -> str:
        return self.metric if self.filter == "none" else f"{self.metric},{self.filter}"


@dataclass(frozen=True, slots=True)
class _Filtered:
    """What one filter made of the answers to a question."""

    scores: dict[str, object]
    """By metric, in the order of the file, as they are written."""
    reading: str | None
    """What was left of the first answer; None where nothing was filtered."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One question as its first row tells it, and what every filter made of its answers."""

    document: str
    target: str | None
    prompt: str | None
    text: str | None
    gold: str | None
    answers: list[str | None]
    by_filter: dict[str, _Filtered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A file of samples without what nobody asks for: whole rows would be five times as large."""

    first: dict[str, Any]
    """The first row, whole: it stands for all where they are alike."""
    is_choice: bool
    questions: dict[str, _Question]


def _rows(path: Path) -> _Rows:
    first: dict[str, Any] = {}
    questions: dict[str, _Question] = {}
    is_choice = False
    for line, row in json_lines(path):
        if not is_row(row):
            raise InvalidInputError(
                "{path} line {line} is no row of lm-eval; mend or remove it", path=path, line=line
            )
        if not first:
            first, is_choice = row, _is_choice(row)
        native_id, name = str(row.get("doc_id", line)), intern(str(row.get("filter", "none")))
        question = questions.get(native_id)
        if question is None:
            question = questions[native_id] = _question(row, is_choice=is_choice)
        if name in question.by_filter:
            raise InvalidInputError(
                "{path} line {line} gives question {question} with filter {name!r} a second time; "
                "keep one",
                path=path,
                line=line,
                question=row.get("doc_id"),
                name=name,
            )
        question.by_filter[name] = _filtered(row, is_choice=is_choice)
    if not questions:
        raise InvalidInputError("{path} holds no answers; check the path", path=path)
    return _Rows(first, is_choice, questions)


def _question(row: Mapping[str, Any], *, is_choice: bool) -> _Question:
    target = text_of(row.get("target"))
    hashed = text_of(row.get("target_hash")) or (None if target is None else hash_of(target))
    return _Question(
        document=text_of(row.get("doc_hash")) or hash_of(row["doc"]),
        target=None if hashed is None else intern(hashed),  # many questions have one gold
        prompt=text_of(row.get("prompt_hash")),
        text=_question_text(row["doc"]),
        gold=None if target is None else intern(target),
        answers=_choices(row) if is_choice else _texts(row),
    )


def _filtered(row: Mapping[str, Any], *, is_choice: bool) -> _Filtered:
    metrics = row["metrics"] if isinstance(row["metrics"], list) else []
    left = row.get("filtered_resps")
    first = left[0] if isinstance(left, list) and left else None
    is_read = isinstance(first, str) and not is_choice and row.get("filter") != "none"
    return _Filtered(
        scores={intern(str(metric)): row.get(str(metric)) for metric in metrics},
        reading=first if is_read else None,
    )


def _scores_of(questions: Mapping[str, _Question]) -> list[_Grader]:
    """List every score in the order of the file: filters first, their metrics within."""
    names: dict[_Grader, None] = {}
    for filter_name in {f: None for question in questions.values() for f in question.by_filter}:
        for question in questions.values():
            filtered = question.by_filter.get(filter_name)
            if filtered is not None:
                names.update({_Grader(metric, filter_name): None for metric in filtered.scores})
                break
    return list(names)


def _graders(
    names: Sequence[_Grader],
    questions: Mapping[str, _Question],
    results: Mapping[str, Any],
    task: str,
) -> tuple[dict[str, _Grader], list[str]]:
    """Part the scores into graders and what can't be one."""
    better = mapping(mapping(results.get("higher_is_better")).get(task))
    graders: dict[str, _Grader] = {}
    left_out = []
    for grader in names:
        values = [
            _score(question, grader)
            for question in questions.values()
            if grader.filter in question.by_filter
        ]
        # perplexities and error rates are numbers too; read as grades they would turn the verdict
        is_grade = all(value is not None and 0 <= value <= 1 for value in values)
        if is_grade and better.get(grader.metric, not is_lower_better(grader.metric)) is not False:
            graders[grader.name] = grader
        else:
            left_out.append(grader.name)
    return graders, left_out


def _score(question: _Question, grader: _Grader) -> float | None:
    filtered = question.by_filter.get(grader.filter)
    value = None if filtered is None else filtered.scores.get(grader.metric)
    return float(value) if isinstance(value, bool) else number(value)


def _is_choice(row: Mapping[str, Any]) -> bool:
    """Tell likelihoods, which are pairs of texts, from texts."""
    responses = row.get("resps")
    first = responses[0] if isinstance(responses, list) and responses else None
    return isinstance(first, list) and bool(first) and isinstance(first[0], list)


def _entry(native_id: str, question: _Question, graders: Mapping[str, _Grader]) -> Entry:
    return Entry(
        native_id=native_id,
        document=question.document,
        target=question.target,
        prompt=question.prompt,
        text=question.text,
        gold=question.gold,
        answers=tuple(LoggedAnswer(sample=i, text=t) for i, t in enumerate(question.answers)),
        scores={name: _score(question, grader) for name, grader in graders.items()},
        readings=_readings(question, graders),
    )


def _readings(question: _Question, graders: Mapping[str, _Grader]) -> dict[str, str | None]:
    """Tell what each grader's filter left; nothing of those that filter nothing, or choose."""
    left = {
        name: filtered.reading
        for name, grader in graders.items()
        if (filtered := question.by_filter.get(grader.filter)) and filtered.reading is not None
    }
    return {name: None if text == _NOTHING else text for name, text in left.items()}


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
    responses = row.get("resps")
    for i, response in enumerate(responses if isinstance(responses, list) else []):
        likelihood = response[0] if isinstance(response, list) and response else response
        if isinstance(likelihood, list) and likelihood:
            likelihood = likelihood[0]
        sent = mapping(arguments[i]).get("arg_1") if i < len(arguments) else None
        lines.append(f"{i}: {likelihood} {sent if isinstance(sent, str) else ''}".rstrip())
    return ["\n".join(lines)]


def _question_text(document: object) -> str | None:
    if not isinstance(document, dict):
        return text_of(document)
    for key in _QUESTION_KEYS:
        if isinstance(document.get(key), str) and document[key].strip():
            return str(document[key])
    return "\n".join(f"{key}: {value}" for key, value in document.items())[:_LONGEST_DOCUMENT]


def _decoding(rows: _Rows) -> dict[str, Any]:
    """Take what was sent with the first question; nothing of it where likelihoods were asked."""
    if rows.is_choice:
        return {}
    sent = mapping(mapping(mapping(rows.first.get("arguments")).get("gen_args_0")))
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
