"""Logs of lighteval: ``details_<task>_<stamp>.parquet``; several texts of a row are samples.

Token lists are padded with end tokens to the batch, so their length says nothing of how an answer
ended. Which token is the end token the file does not tell: one that repeats to the end of some
list of a batch is taken for it, and where none does ends stay unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.formats.answers import is_lower_better, no_grades
from evalsuite.logs.lines import hash_of, json_file, mapping, number, text_of
from evalsuite.logs.log import Entry, Harness, Log, LogFile, LoggedAnswer
from evalsuite.logs.parquet import parquet_rows, require_columns
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.records.run import Finish

__all__ = ["COLUMNS", "lighteval_file", "read_lighteval"]

COLUMNS = frozenset({"doc", "metric", "model_response"})
"""Of every details file."""
_NAME = re.compile(r"details_(?P<task>.+)_(?P<stamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)")


def lighteval_file(path: Path) -> LogFile:
    """Describe a details file from its name and neighbours."""
    match = _NAME.fullmatch(path.stem)
    results = []
    if match is not None and len(path.parents) > 3:  # details/<model>/<stamp>/details_...parquet
        name = f"results_{match['stamp']}.json"
        results = sorted(path.parents[3].glob(f"results/**/{name}"))
    return LogFile(
        format="lighteval",
        path=path,
        task=match["task"] if match else path.stem,
        model=path.parents[1].name if match else None,
        results=results[0] if len(results) == 1 else None,
    )


def read_lighteval(file: LogFile) -> Log:
    """Read one task.

    Raises
    ------
    InvalidInputError
        Where the file is torn, or no metric is a score from 0 to 1.
    """
    require_columns(file.path, COLUMNS, "lighteval")
    rows = [(i, row) for i, row in parquet_rows(file.path)]
    if not rows:
        raise InvalidInputError("{path} holds no answers; check the path", path=file.path)
    names = list(dict.fromkeys(name for _, row in rows for name in mapping(row["metric"])))
    left_out = [
        name
        for name in names
        if is_lower_better(name) or any(_grade(row, name) is None for _, row in rows)
    ]
    graders = tuple(name for name in names if name not in left_out)
    if not graders:
        raise no_grades(file.path.name, left_out)
    results = json_file(file.results) if file.results else {}
    config = mapping(results.get("config_general"))
    limits = [mapping(row["doc"]).get("generation_size") for _, row in rows]
    limit = limits[0] if all(each == limits[0] for each in limits) else None
    end = _end_token([row for _, row in rows])
    return Log(
        format="lighteval",
        harness=Harness(name="lighteval", version=text_of(config.get("lighteval_version"))),
        model=_model(config, file),
        revision=None,
        task=file.task or file.path.stem,
        is_choice=all(not _texts(row) for _, row in rows),
        graders=graders,
        entries=tuple(_entry(i, row, graders, limit, end) for i, row in rows),
        files=(file.path, *([file.results] if file.results else [])),
        max_new_tokens=limit if isinstance(limit, int) and limit > 0 else None,
        temperature=_temperature(config),
        stated=_stated(results, file.task or "", graders),
        left_out=tuple(left_out),
    )


def _grade(row: Mapping[str, Any], name: str) -> float | None:
    value = mapping(row["metric"]).get(name)
    score = number(int(value) if isinstance(value, bool) else value)
    return score if score is not None and 0 <= score <= 1 else None


def _entry(
    i: int,
    row: Mapping[str, Any],
    graders: Sequence[str],
    limit: object,
    end: int | None,
) -> Entry:
    document, said = mapping(row["doc"]), mapping(row["model_response"])
    query, choices = text_of(document.get("query")), document.get("choices")
    gold = _gold(document)
    texts = _texts(row) or [None]
    tokens = said.get("output_tokens")
    lists = tokens if isinstance(tokens, list) else []
    return Entry(
        native_id=text_of(document.get("id")) or str(i),
        document=hash_of(document.get("id"), query, choices),
        target=hash_of(choices, document.get("gold_index")),
        prompt=None if said.get("input") is None else hash_of(said["input"]),
        text=query,
        gold=gold,
        answers=tuple(
            _answer(k, text, lists[k] if k < len(lists) else None, limit, end)
            for k, text in enumerate(texts)
        ),
        scores={name: _grade(row, name) for name in graders},
    )


def _texts(row: Mapping[str, Any]) -> list[str | None]:
    texts = mapping(row["model_response"]).get("text")
    return [text_of(text) for text in texts] if isinstance(texts, list) else []


def _gold(document: Mapping[str, Any]) -> str | None:
    choices, index = document.get("choices"), document.get("gold_index")
    if isinstance(index, list):
        index = index[0] if len(index) == 1 else None
    if isinstance(choices, list) and isinstance(index, int) and 0 <= index < len(choices):
        return text_of(choices[index])
    return None


def _end_token(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Find the token that pads: the last one of two or more lists that end in it twice."""
    padded: dict[int, int] = {}
    for row in rows:
        lists = mapping(row["model_response"]).get("output_tokens")
        for tokens in lists if isinstance(lists, list) else []:
            last = tokens[-1] if isinstance(tokens, list) and len(tokens) > 1 else None
            if isinstance(last, int) and last == tokens[-2]:
                padded[last] = padded.get(last, 0) + 1
    return max(padded, key=lambda token: padded[token]) if padded else None


def _answer(
    k: int, text: str | None, tokens: object, limit: object, end: int | None
) -> LoggedAnswer:
    if not isinstance(tokens, list) or end is None:
        return LoggedAnswer(sample=k, text=text)
    finish: Finish = "unknown"
    n = len(tokens)
    if end in tokens:
        n, finish = tokens.index(end), "stop"
    elif isinstance(limit, int) and n >= limit:
        finish = "length"
    return LoggedAnswer(sample=k, text=text, finish=finish, n_tokens=n)


def _model(config: Mapping[str, Any], file: LogFile) -> str | None:
    named = mapping(config.get("model_config")).get("model_name") or config.get("model_name")
    return text_of(named) or file.model


def _temperature(config: Mapping[str, Any]) -> float | None:
    parameters = mapping(mapping(config.get("model_config")).get("generation_parameters"))
    return number(parameters.get("temperature"))


def _stated(results: Mapping[str, Any], task: str, graders: Sequence[str]) -> Tally:
    stated = mapping(mapping(results.get("results")).get(task))
    means = {name: number(stated.get(name)) for name in graders}
    return Tally(means={name: mean for name, mean in means.items() if mean is not None})
