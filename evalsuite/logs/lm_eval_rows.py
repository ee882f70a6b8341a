"""Rows of lm-eval's samples: one a question and filter, in the order of questions or of filters.

What a harness's results say of them, and which scores are grades, this module does not know.
"""

from __future__ import annotations

from dataclasses import field
from sys import intern
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.lines import hash_of, json_lines, mapping, text_of
from evalsuite.logs.log import Entry, LoggedAnswer
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import Packing, column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Filtered", "SampleRows", "is_row", "sample_rows"]

_QUESTION_KEYS = ("question", "query", "problem", "prompt", "input", "text", "goal", "ctx")
"""Of a document, in the order in which one is taken for the question."""
_LONGEST_DOCUMENT = 4000
"""Characters shown of a document that has none of these keys."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """What one filter made of the answers to a question."""

    scores: dict[str, object]
    """By metric, in the order of the file, as they are written."""
    reading: str | None
    """What was left of the first answer; None where nothing was filtered."""


@dataclass(frozen=True, slots=True)
class _Filter:
    """What one filter made of all answers."""

    places: dict[int, int] = field(default_factory=dict)
    """Of a question among the questions, to that of its row among the filter's."""
    rows: Packing[Filtered] = field(default_factory=lambda: Packing(Filtered))


@dataclass(frozen=True, slots=True)
class SampleRows:
    """A file of samples without what nobody asks for: whole rows would be five times as large."""

    first: dict[str, Any]
    """The first row, whole: it stands for all where they are alike."""
    is_choice: bool
    entries: Sequence[Entry]
    """Each question as its first row tells it, without scores and readings."""
    places: dict[str, dict[int, int]]
    """By filter: the place of a question to that of the row about it."""
    filtered: dict[str, Sequence[Filtered]]

    def scores(self, name: str) -> Iterator[Mapping[str, object]]:
        """Give what a filter scored of every question, which is nothing where it has no row."""
        return self._in_order(name, "scores", {})

    def readings(self, name: str) -> Iterator[str | None]:
        """Give what a filter left of the first answer to every question."""
        return self._in_order(name, "reading", None)

    def _in_order(self, name: str, part: str, nothing: Any) -> Iterator[Any]:
        places, n = self.places[name], len(self.entries)
        if list(places) == list(range(n)):
            return iter(column(self.filtered[name], part))
        rows = self.filtered[name]
        found = (places.get(place) for place in range(n))
        return (nothing if row is None else getattr(rows[row], part) for row in found)


def is_row(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of lm-eval's."""
    return "doc" in row and "metrics" in row and ("resps" in row or "filtered_resps" in row)


def sample_rows(path: Path) -> SampleRows:
    """Read every row of a file.

    Raises
    ------
    InvalidInputError
        Naming the line: no JSON, no row of lm-eval, a question twice.
    """
    first: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    entries = Packing(Entry, *_OF_ENTRY)
    filters: dict[str, _Filter] = {}
    is_choice = False
    for line, row in json_lines(path):
        if not is_row(row):
            raise InvalidInputError(
                "{path} line {line} is no row of lm-eval; mend or remove it", path=path, line=line
            )
        if not first:
            first, is_choice = row, _is_choice(row)
        native_id, name = str(row.get("doc_id", line)), intern(str(row.get("filter", "none")))
        if native_id not in numbers:
            numbers[native_id] = len(numbers)
            entries.add(*_question(native_id, row, is_choice=is_choice))
        if name not in filters:
            filters[name] = _Filter()
        place, of_filter = numbers[native_id], filters[name]
        if place in of_filter.places:
            raise InvalidInputError(
                "{path} line {line} gives question {question} with filter {name!r} a second time; "
                "keep one",
                path=path,
                line=line,
                question=row.get("doc_id"),
                name=name,
            )
        of_filter.places[place] = len(of_filter.places)
        of_filter.rows.add(*_filtered(row, is_choice=is_choice))
    if not numbers:
        raise InvalidInputError("{path} holds no answers; check the path", path=path)
    return SampleRows(
        first=first,
        is_choice=is_choice,
        entries=entries.packed(),
        places={name: of_filter.places for name, of_filter in filters.items()},
        filtered={name: of_filter.rows.packed() for name, of_filter in filters.items()},
    )


_OF_ENTRY = ("native_id", "document", "target", "prompt", "text", "gold", "answers")


def _question(native_id: str, row: Mapping[str, Any], *, is_choice: bool) -> tuple[Any, ...]:
    target = text_of(row.get("target"))
    hashed = text_of(row.get("target_hash")) or (None if target is None else hash_of(target))
    texts = _choices(row) if is_choice else _texts(row)
    return (
        native_id,
        text_of(row.get("doc_hash")) or hash_of(row["doc"]),
        hashed,
        text_of(row.get("prompt_hash")),
        _question_text(row["doc"]),
        target,
        tuple(LoggedAnswer(sample=i, text=text) for i, text in enumerate(texts)),
    )


def _filtered(row: Mapping[str, Any], *, is_choice: bool) -> tuple[dict[str, object], str | None]:
    metrics = row["metrics"] if isinstance(row["metrics"], list) else []
    left = row.get("filtered_resps")
    first = left[0] if isinstance(left, list) and left else None
    is_read = isinstance(first, str) and not is_choice and row.get("filter") != "none"
    scores = {intern(str(metric)): row.get(str(metric)) for metric in metrics}
    return scores, first if is_read else None


def _is_choice(row: Mapping[str, Any]) -> bool:
    """Tell likelihoods, which are pairs of texts, from texts."""
    responses = row.get("resps")
    first = responses[0] if isinstance(responses, list) and responses else None
    return isinstance(first, list) and bool(first) and isinstance(first[0], list)


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
