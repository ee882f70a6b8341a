"""Rows of questions, of a file or a data set: what each must hold, told by its place if not."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError, joined, listed
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import Question
from evalsuite.tasks.graders.numbers import parse_gold, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["EXAMPLE", "Form", "questions_of", "refuse_contradictions"]

EXAMPLE = '{"question": "Tom has 9 apples and eats 2. How many are left?", "answer": "7"}'
"""A line of a file of own questions, for messages."""
_MOST_KEYS, _LONGEST = 6, 100
_STEPS = re.compile(r"<<([^<>]{1,200})>>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where a row has what, and what its answers are."""

    question: str = "question"
    answer: str = "answer"
    id: str = "id"
    is_text: bool = False


def questions_of(
    rows: Iterable[dict[str, Any]],
    prefix: str,
    origin: str,
    form: Form,
    *,
    place: Callable[[int], Clause],
) -> tuple[Question, ...]:
    """Make a question of every row; one without an id is called ``<prefix>-<row from 0>``.

    ``place`` names a row, from 0, in a message; no earlier, for there may be a million. Raises
    `InvalidInputError` for the first row that lacks something, and for ids that repeat.
    """
    questions = tuple(
        _question(_Row(row, form, place, i), f"{prefix}-{i}") for i, row in enumerate(rows)
    )
    if not questions:
        raise InvalidInputError(
            "{origin} holds no question; write one a line, such as {example}",
            origin=origin,
            example=EXAMPLE,
        )
    repeated = [key for key, count in Counter(q.id for q in questions).items() if count > 1]
    if repeated:
        raise InvalidInputError(
            "{origin} repeats the ids {repeated}; give every question its own id",
            origin=origin,
            repeated=listed(repeated),
        )
    return questions


def refuse_contradictions(questions: Sequence[Question], place: Callable[[int], Clause]) -> None:
    """Refuse questions of one text with different right answers: no model can be right on both."""
    first: dict[str, int] = {}
    again = [
        (first[text], i)
        for i, question in enumerate(questions)
        if first.setdefault(text := (question.text or "").strip(), i) != i
        and questions[first[text]].gold != question.gold
    ]
    if again:
        before, after = again[0]
        raise InvalidInputError(
            "{where} asks the same as {before} and has another right answer, {gold} instead of "
            "{other} ({n:,} such in all); keep the row that is right",
            where=place(after),
            before=place(before),
            gold=_excerpt(questions[after].gold),
            other=_excerpt(questions[before].gold),
            n=len(again),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with its place."""

    values: dict[str, Any]
    form: Form
    place: Callable[[int], Clause]
    number: int

    @property
    def where(self) -> Clause:
        """Name it."""
        return self.place(self.number)


def _question(row: _Row, default_id: str) -> Question:
    named, text, answer = row.values.get(row.form.id), _text(row), _answer(row)
    question_id = default_id if named is None else str(named)
    if row.form.is_text:
        return Question(id=question_id, text=text, gold=_text_gold(row, answer))
    solution = answer if isinstance(answer, str) else ""
    return Question(
        id=question_id,
        text=text,
        gold=str(_number_gold(row, answer)),
        gold_text=solution,
        gold_steps=tuple(_STEPS.findall(solution)),
    )


def _text(row: _Row) -> str:
    column = row.form.question
    if column not in row.values:
        raise _lacking(row, column)
    text = row.values[column]
    if not isinstance(text, str) or not text.strip():
        raise InvalidInputError(
            "{where} has {value} in {column!r}, which is no text; write the question there",
            where=row.where,
            value=_excerpt(text),
            column=column,
        )
    return text


def _answer(row: _Row) -> Any:
    column = row.form.answer
    if column not in row.values:
        raise _lacking(row, column)
    answer = row.values[column]
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        raise InvalidInputError(
            "{where} has nothing in {column!r}; add its right answer",
            where=row.where,
            column=column,
        )
    return answer


def _text_gold(row: _Row, answer: Any) -> str:
    if not isinstance(answer, (str, int, float)):
        raise InvalidInputError(
            "{where} has {value} in {column!r}, which is no text; write its right answer there",
            where=row.where,
            value=_excerpt(answer),
            column=row.form.answer,
        )
    return str(answer).strip()


def _number_gold(row: _Row, answer: Any) -> Fraction:
    gold = _number(answer)
    if gold is None:
        raise InvalidInputError(
            "{where} has {value} in {column!r}, which is read as no number; write one such as 7 "
            "or 0.75, alone or after '####', ask for texts with --task text:FILE, or bring "
            "answers of another kind as a log with scores",
            where=row.where,
            value=_excerpt(answer),
            column=row.form.answer,
        )
    return gold


def _number(answer: Any) -> Fraction | None:
    if isinstance(answer, bool):
        return None
    if isinstance(answer, int):
        return Fraction(answer)
    if isinstance(answer, float):
        return Fraction(str(answer)) if isfinite(answer) else None
    gold = parse_gold(str(answer))
    return parse_number(str(answer)) if gold is None else gold


def _lacking(row: _Row, column: str) -> InvalidInputError:
    """Say what a row has instead of a column, and how to name what may be meant."""
    columns = {"question": row.form.question, "answer": row.form.answer}
    missing = {role: name for role, name in columns.items() if name not in row.values}
    named = [
        Clause("{role}={name}", role=role, name=_near(name, row.values) or Clause("NAME"))
        for role, name in missing.items()
    ]
    return InvalidInputError(
        "{where} has no {column!r} (it has {columns}); say where it stands with --columns "
        "{named}, or write lines such as {example}",
        where=row.where,
        column=column,
        columns=_keys(row.values),
        named=joined(named, ","),
        example=EXAMPLE,
    )


def _near(column: str, row: dict[str, Any]) -> str | None:
    """Find the column that a name was meant for: one of texts or numbers, however it is cased."""
    from difflib import get_close_matches

    cased = {key.lower(): key for key, value in row.items() if isinstance(value, (str, int, float))}
    return next(
        (cased[key] for key in get_close_matches(column.lower(), cased, n=1, cutoff=0.8)), None
    )


def _keys(row: dict[str, Any]) -> str:
    names = ", ".join(sorted(row)[:_MOST_KEYS])
    return names[:_LONGEST] or Clause("no keys")


def _excerpt(value: object) -> str:
    written = repr(value)
    return written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"
