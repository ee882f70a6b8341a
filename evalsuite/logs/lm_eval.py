"""Logs of lm-eval: ``samples_<task>_<stamp>.jsonl`` with ``results_<stamp>.json`` beside it.

One row a question and filter: all rows of one filter, then all of the next. How an answer ended
and how many tokens it has, lm-eval does not record. Its scores are about a question, whatever the
number of repeats.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evalsuite.logs.formats.answers import is_lower_better, no_grades
from evalsuite.logs.lines import json_file, mapping, number, text_of
from evalsuite.logs.lm_eval_rows import sample_rows
from evalsuite.logs.log import Harness, Log, LogFile
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import Tally
from evalsuite.records.packed import column, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from evalsuite.logs.lm_eval_rows import SampleRows

__all__ = ["lm_eval_file", "read_lm_eval"]

_NAME = re.compile(r"samples_(?P<task>.+)_(?P<stamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)")
_NOTHING = "[invalid]"
"""What lm-eval writes where a filter found no answer."""
_ADAPTERS = ("peft", "delta", "lora", "adapter")
"""Model arguments under which a commit does not say which weights answered."""


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
    rows = sample_rows(file.path)
    graders, left_out = _graders(rows, results, task)
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
        entries=with_columns(
            rows.entries, scores=_scores(rows, graders), readings=_readings(rows, graders)
        ),
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


def _scores_of(rows: SampleRows) -> list[_Grader]:
    """List every score in the order of the questions: filters first, their metrics within."""
    firsts = {name: min(places) for name, places in rows.places.items()}
    return [
        _Grader(metric, name)
        for name in sorted(firsts, key=firsts.__getitem__)
        for metric in rows.filtered[name][rows.places[name][firsts[name]]].scores
    ]


def _graders(
    rows: SampleRows, results: Mapping[str, Any], task: str
) -> tuple[dict[str, _Grader], list[str]]:
    """Part the scores into graders and what can't be one."""
    better = mapping(mapping(results.get("higher_is_better")).get(task))
    graders: dict[str, _Grader] = {}
    left_out = []
    for grader in _scores_of(rows):
        values = _values(column(rows.filtered[grader.filter], "scores"), grader)
        # perplexities and error rates are numbers too; read as grades they would turn the verdict
        is_grade = all(value is not None and 0 <= value <= 1 for value in values)
        if is_grade and better.get(grader.metric, not is_lower_better(grader.metric)) is not False:
            graders[grader.name] = grader
        else:
            left_out.append(grader.name)
    return graders, left_out


def _values(scores: Iterable[Mapping[str, object]], grader: _Grader) -> Iterator[float | None]:
    for value in (of_one.get(grader.metric) for of_one in scores):
        yield float(value) if isinstance(value, bool) else number(value)


def _scores(
    rows: SampleRows, graders: Mapping[str, _Grader]
) -> Iterator[Mapping[str, float | None]]:
    """Give every question's scores, once for all that have the same."""
    shared: dict[tuple[float | None, ...], Mapping[str, float | None]] = {}
    columns = [_values(rows.scores(grader.filter), grader) for grader in graders.values()]
    for values in zip(*columns, strict=True):
        if values not in shared:
            shared[values] = dict(zip(graders, values, strict=True))
        yield shared[values]


def _readings(
    rows: SampleRows, graders: Mapping[str, _Grader]
) -> Iterator[Mapping[str, str | None]]:
    """Tell what each grader's filter left; nothing of those that filter nothing, or choose."""
    columns = [rows.readings(grader.filter) for grader in graders.values()]
    for texts in zip(*columns, strict=True):
        left = {name: text for name, text in zip(graders, texts, strict=True) if text is not None}
        yield {name: None if text == _NOTHING else text for name, text in left.items()}


def _decoding(rows: SampleRows) -> dict[str, Any]:
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
