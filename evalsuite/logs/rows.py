"""Tables of answers: JSON lines, CSV or parquet, whose columns are named or have common names.

A row is one answer to one question. With a score it is graded as it says; without one, its text is
graded against its gold. A column that is not there is not recorded.
"""

from __future__ import annotations

import csv
from dataclasses import field
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, at_line, listed
from evalsuite.logs.formats.answers import finish_of, source_of
from evalsuite.logs.lines import (
    LARGEST_LINE,
    LARGEST_LOG,
    hash_of,
    json_lines,
    number,
    repeat_of,
    text_of,
)
from evalsuite.logs.log import UNNAMED_TASK, Columns, Entry, Harness, Log, LogFile, LoggedAnswer
from evalsuite.logs.parquet import parquet_rows
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import Packed, Packing, column, packed, released

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


__all__ = ["read_rows"]

_NAMES = {
    "id": ("id", "question_id", "doc_id", "example_id", "sample_id", "problem_id", "item", "idx"),
    "score": ("score", "correct", "is_correct", "reward", "acc", "accuracy", "exact_match"),
    "text": ("text", "response", "completion", "output", "generation", "model_output"),
    "gold": ("gold", "target", "expected", "expected_answer", "reference", "ground_truth"),
    "finish": ("finish", "finish_reason", "stop_reason"),
    "finish_source": ("finish_source",),
    "sample": ("sample", "run", "epoch", "repeat", "trial"),
    "task": ("task", "benchmark", "benchmark_id"),
    "model": ("model", "model_name"),
    "question": ("question", "problem", "prompt", "input", "query"),
    "n_tokens": ("n_tokens",),
}
"""What a column is to the names it goes by, the most certain first."""
_RIGHT = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "correct": 1.0, "incorrect": 0.0}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as it is read."""

    line: int
    places: dict[str, int]
    """Of its columns among the values, once for all rows that have the same."""
    values: tuple[Any, ...]

    def get(self, column: str | None) -> Any:
        place = None if column is None else self.places.get(column)
        return None if place is None else self.values[place]


@dataclass(frozen=True, slots=True)
class _Named:
    """The column of every part of an answer; None where the table has none."""

    columns: dict[str, str | None]
    scores: tuple[str, ...]
    seen: dict[tuple[float, ...], dict[str, float]] = field(default_factory=dict)
    """Scores of a row, once for all rows that have the same."""

    def value(self, part: str, row: _Row) -> Any:
        return row.get(self.columns[part])


def read_rows(file: LogFile, columns: Columns) -> tuple[Log, ...]:
    """Read a table: one log a task and model, in the order of the file.

    Raises
    ------
    InvalidInputError
        Naming the line and what is wrong: no id, a score outside 0 to 1, an answer given twice.
    """
    rows = _placed(_rows(file.path))
    if not rows:
        raise InvalidInputError("{path} holds no answers; check the path", path=file.path)
    named = _named(file.path, set().union(*column(rows, "places")), columns)
    groups = _groups(rows, file.path, named)
    del rows  # as large as what is made of them
    alone = len({task for task, _ in groups}) == 1 and named.columns["task"] is None
    return tuple(
        # two files have two names, but a task has one: without a column it is just "log"
        _log(file.path, UNNAMED_TASK if alone else task, model, groups.pop((task, model)), named)
        for task, model in list(groups)
    )


def _placed(rows: Iterator[tuple[int, dict[str, Any]]]) -> Packed[_Row]:
    placed = Packing(_Row, "line", "places", "values")
    shapes: dict[tuple[str, ...], dict[str, int]] = {}
    for line, row in rows:
        keys = tuple(row)
        if keys not in shapes:
            shapes[keys] = {key: place for place, key in enumerate(keys)}
        placed.add(line, shapes[keys], tuple(row.values()))
    return placed.packed()


def _groups(
    rows: Sequence[_Row], path: Path, named: _Named
) -> dict[tuple[str, str | None], Sequence[_Row]]:
    """Part the rows by task and model, in the order of the file."""
    if named.columns["task"] is None and named.columns["model"] is None:
        return {(path.stem, None): rows}
    groups: dict[tuple[str, str | None], Packing[_Row]] = {}
    for row in rows:
        task = text_of(named.value("task", row)) or path.stem
        key = task, text_of(named.value("model", row))
        groups.setdefault(key, Packing(_Row)).add(row.line, row.places, row.values)
    return {key: group.packed() for key, group in groups.items()}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.suffix == ".parquet":
        return parquet_rows(path)
    return _csv_rows(path) if path.suffix == ".csv" else json_lines(path)


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.stat().st_size > LARGEST_LOG:
        raise InvalidInputError("{path} is over 2 GiB; split it and compare the parts", path=path)
    csv.field_size_limit(LARGEST_LINE)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(_bounded(file, path), strict=True)
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise InvalidInputError(
                        "{path} line {line} has other columns than its header; mend it",
                        path=path,
                        line=reader.line_num,
                    )
                yield reader.line_num, {key: value or None for key, value in row.items()}
        except (csv.Error, UnicodeDecodeError) as error:
            raise InvalidInputError(
                "{path} is no CSV ({error}); mend it", path=path, error=error
            ) from error


def _bounded(file: Any, path: Path) -> Iterator[str]:
    while line := file.readline(LARGEST_LINE + 1):
        if len(line) > LARGEST_LINE:
            raise InvalidInputError("{path} has a line over 8 MiB; shorten it", path=path)
        yield line


def _named(path: Path, present: set[str], columns: Columns) -> _Named:
    """Take the columns that were named, and the common names for the others."""
    given = {
        part: getattr(columns, part) for part in ("id", "text", "gold", "finish", "sample", "task")
    }
    missing = [c for c in (*given.values(), *columns.score) if c is not None and c not in present]
    if missing:
        raise InvalidInputError(
            "{file} has no column {missing!r}; it has {columns}",
            file=path.name,
            missing=missing[0],
            columns=listed(sorted(present), 20),
        )
    chosen = {
        part: given.get(part) or next((name for name in names if name in present), None)
        for part, names in _NAMES.items()
    }
    score = chosen["score"]
    named = _Named(chosen, columns.score or ((score,) if score else ()))
    if chosen["id"] is None and {"question", "answer"} <= set(present):
        raise InvalidInputError(
            "{file} is read as a log and has no column that tells one question from another (it "
            "has {columns}); ask its questions with --task {path}, or name the column with --id",
            file=path.name,
            columns=listed(sorted(present), 20),
            path=path,
        )
    if chosen["id"] is None:
        raise InvalidInputError(
            "{file} has no column that tells one question from another; name it with --id (it has "
            "{columns})",
            file=path.name,
            columns=listed(sorted(present), 20),
        )
    if not named.scores and (chosen["text"] is None or chosen["gold"] is None):
        raise InvalidInputError(
            "{file} has neither scores nor texts with golds; name its columns with --score, or "
            "--text and --gold, or `evalsuite import` it, where its task is known here",
            file=path.name,
        )
    return named


def _log(path: Path, task: str, model: str | None, rows: Sequence[_Row], named: _Named) -> Log:
    of_questions = _single if named.columns["sample"] is None else _repeated
    questions = of_questions(path, rows, named)
    del rows  # as large as what is made of them: they are let go as they are used
    return Log(
        format="rows",
        harness=Harness(name=None, version=None),
        model=model,
        revision=None,
        task=task,
        is_choice=False,
        graders=named.scores,
        entries=packed(
            Entry, (_entry(path, native_id, group, named) for native_id, group in questions)
        ),
        files=(path,),
    )


def _single(path: Path, rows: Sequence[_Row], named: _Named) -> Iterator[tuple[str, list[_Row]]]:
    """Give each question's only row, of a table in which nothing numbers repeats."""
    seen: set[str] = set()
    each, rows = released(rows), ()
    for row in each:
        native_id = _id_of(path, row, named)
        if native_id in seen:
            raise _answered_before(path, row, native_id, 0)
        seen.add(native_id)
        yield native_id, [row]


def _repeated(path: Path, rows: Sequence[_Row], named: _Named) -> Iterator[tuple[str, list[_Row]]]:
    """Give each question's rows, in the order of their numbers."""
    groups: dict[str, dict[int, int]] = {}
    for place, row in enumerate(rows):
        native_id = _id_of(path, row, named)
        group = groups.setdefault(native_id, {})
        given = named.value("sample", row)
        sample = 0 if given is None else repeat_of(given, at_line(path, row.line))
        if sample in group:
            raise _answered_before(path, row, native_id, sample)
        group[sample] = place
    for native_id, group in groups.items():
        yield native_id, [rows[group[sample]] for sample in sorted(group)]


def _id_of(path: Path, row: _Row, named: _Named) -> str:
    native_id = text_of(named.value("id", row))
    if native_id is None:
        raise InvalidInputError("{path} line {line} has no id; add it", path=path, line=row.line)
    return native_id


def _answered_before(path: Path, row: _Row, native_id: str, sample: int) -> InvalidInputError:
    return InvalidInputError(
        "{path} line {line} answers question {native_id} sample {sample} more than once; "
        "name the column that numbers repeats with --sample, or keep one",
        path=path,
        line=row.line,
        native_id=native_id,
        sample=sample,
    )


def _entry(path: Path, native_id: str, rows: Sequence[_Row], named: _Named) -> Entry:
    first = rows[0]
    text, gold = text_of(named.value("question", first)), text_of(named.value("gold", first))
    return Entry(
        native_id=native_id,
        # with a question or a gold, the id alone no longer says that two rows ask the same
        document=hash_of(native_id, text),
        target=None if gold is None else _hash_of_gold(gold),
        prompt=None,
        text=text,
        gold=gold if gold is None else intern(gold),  # many questions have one
        answers=tuple(_answer(path, row, i, named) for i, row in enumerate(rows)),
    )


@lru_cache(maxsize=65_536)
def _hash_of_gold(gold: str) -> str:
    """Hash a gold: the same few stand in most rows, and their hashes once in memory."""
    return hash_of(gold)


def _answer(path: Path, row: _Row, sample: int, named: _Named) -> LoggedAnswer:
    n_tokens = number(named.value("n_tokens", row))
    scores = {name: _score(path, row, name) for name in named.scores}
    return LoggedAnswer(
        sample=sample,
        text=text_of(named.value("text", row)),
        finish=finish_of(named.value("finish", row)),
        finish_source=source_of(named.value("finish_source", row)),
        n_tokens=None if n_tokens is None or n_tokens < 0 else int(n_tokens),
        scores=named.seen.setdefault(tuple(scores.values()), scores),
    )


def _score(path: Path, row: _Row, name: str) -> float:
    value = row.get(name)
    score = _read_score(value)
    if score is None or not 0 <= score <= 1:
        raise InvalidInputError(
            "{where} has {name} {value!r}; a score is a number from 0 (wrong) to 1 (right)",
            where=at_line(path, row.line),
            name=name,
            value=value,
        )
    return score


def _read_score(value: object) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return number(value)
    score = _RIGHT.get(value.strip().lower())
    if score is not None:
        return score
    try:
        return number(float(value))
    except ValueError:
        return None
