"""Tables for people: both responses to every question side by side, and pandas for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from evalsuite.comparing.budgets import cut_end, ended_within
from evalsuite.comparing.over_budgets.steps import token_widths
from evalsuite.comparing.pairing import pair_tables
from evalsuite.errors import InvalidInputError, listed
from evalsuite.records.codec import plain
from evalsuite.records.packed import column
from evalsuite.records.paired import PairedRow, PairedText, RowsOnDemand
from evalsuite.tasks.graders import flexible, strict
from evalsuite.tasks.graders.numbers import format_number, gold_number
from evalsuite.tasks.grading import grade_response, numeric_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.run import Grade, Question, Response

__all__ = ["PairedRows", "answer_table", "as_table", "gold_text"]

_COLUMNS = (
    "question",
    "response",
    "finish",
    "tokens",
    "answer",
    "last_number",
    "gold",
    "right",
)


class PairedRows(RowsOnDemand):
    """Every pair of answers as graded at the headline budget, with each budget's cut.

    In the order of base's questions. ``question`` is None where a run has no texts; ``budgets``
    are those of the comparison, in the order of its rows. A row is made when it is asked for: all
    of them with the widths of their tokens would be as large as the token ends of both runs.
    """

    def __init__(self, base: GradedTable, trained: GradedTable, budgets: Sequence[int]) -> None:
        self._base, self._trained, self._budgets = base, trained, budgets
        self._paired = pair_tables(base, trained)
        self._questions = base.run.questions
        ids = column(self._questions, "id")
        self._places = {question_id: place for place, question_id in enumerate(ids)}

    def __len__(self) -> int:
        return len(self._paired.question_ids)

    @overload
    def __getitem__(self, index: int) -> PairedRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[PairedRow]: ...
    def __getitem__(self, index: int | slice) -> PairedRow | list[PairedRow]:
        if isinstance(index, slice):
            return [self[row] for row in range(len(self))[index]]
        return self._row(range(len(self))[index])

    def __iter__(self) -> Iterator[PairedRow]:
        return map(self._row, range(len(self)))

    def flips(self) -> Iterator[tuple[str, bool]]:
        """Give of every row its question's id and whether one model alone is right."""
        paired = self._paired
        for row, question_id in enumerate(paired.question_ids):
            base, trained = self._base.grades[row], self._trained.grades[paired.trained_rows[row]]
            yield question_id, _is_right(base, self._base) != _is_right(trained, self._trained)

    def without_widths(self, index: int) -> PairedRow:
        """Make a row without the widths of its tokens."""
        return self._row(index, with_widths=False)

    def _row(self, row: int, *, with_widths: bool = True) -> PairedRow:
        question_id = self._paired.question_ids[row]
        question = self._questions[self._places[question_id]]
        trained_row = self._paired.trained_rows[row]
        return PairedRow(
            question_id=question_id,
            sample=self._paired.samples[row],
            question=question.text or None,
            gold=gold_text(question),
            base=_text(self._base, row, self._budgets, with_widths=with_widths),
            trained=_text(self._trained, trained_row, self._budgets, with_widths=with_widths),
        )


def _is_right(grade: Grade, table: GradedTable) -> bool:
    return bool(grade.is_right(table.task.decides))


def gold_text(question: Question) -> str | None:
    """Write a gold for people: a number without its fraction bar where it has a finite decimal."""
    number = gold_number(question.gold)
    return question.gold if number is None else format_number(number)


def _text(table: GradedTable, row: int, budgets: Sequence[int], *, with_widths: bool) -> PairedText:
    whole, grade, decides = table.run.responses[row], table.grades[row], table.task.decides
    further = flexible.NAME if flexible.NAME in grade.scores else decides
    ended = ended_within(whole, table.headline_budget)
    score = grade.scores.get(decides)
    return PairedText(
        text=whole.text,
        strict=_is_right(grade, table),
        flexible=bool(grade.is_right(further)),
        answer=grade.readings.get(decides),
        flexible_answer=grade.readings.get(further),
        span=grade.spans.get(further),
        finish="unknown" if ended is None else "stop" if ended else "length",
        n_tokens=whole.n_tokens,
        cuts=tuple(cut_end(whole, budget) for budget in budgets),
        score=None if score in (0, 1) else score,
        steps=table.steps[row],
        widths=token_widths(whole) if with_widths else None,
    )


def as_table(records: Sequence[Any]) -> Any:
    """Show records as a table: questions, responses, or the subsets and budgets of a comparison.

    Parameters
    ----------
    records
        Dataclasses of one kind, or mappings.

    Returns
    -------
    pandas.DataFrame
        One row a record, one column a field; fields of a record inside a record are called
        ``outer.inner``. Exact numbers become text, as in every file.

    Raises
    ------
    InvalidInputError
        If there is no record.

    Examples
    --------
    >>> from evalsuite.tasks.wordproblems import word_problems
    >>> as_table(word_problems("test", n=2))[["id", "gold"]].values.tolist()
    [['wp-test-0001', '30'], ['wp-test-0002', '11']]
    """
    import pandas as pd

    if not records:
        raise InvalidInputError("there is no record to show; give at least one")
    return pd.json_normalize([plain(record) for record in records])


def answer_table(questions: Sequence[Question], responses: Sequence[Response]) -> Any:
    """Show what a model answered, as both graders read it.

    Parameters
    ----------
    questions
        With their gold answers.
    responses
        To some or all of them, in any order.

    Returns
    -------
    pandas.DataFrame
        One row a response: ``question``, ``response``, ``finish``, ``tokens``, ``answer`` (in the
        box; None where there is none), ``last_number`` (what the flexible grader read), ``gold``,
        ``right``.

    Raises
    ------
    InvalidInputError
        If a response answers none of the questions.
    """
    import pandas as pd

    by_id = {question.id: question for question in questions}
    strangers = sorted({r.question_id for r in responses} - set(by_id))
    if strangers:
        raise InvalidInputError(
            "{questions} is not among the questions; give the ones that were asked",
            questions=listed(strangers),
        )
    rows = [_answer(by_id[response.question_id], response) for response in responses]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("answer", "last_number"):  # as objects, else pandas turns None into NaN
        table[name] = pd.Series([row[name] for row in rows], dtype=object)
    return table


def _answer(question: Question, response: Response) -> dict[str, Any]:
    grade = grade_response(response, question, numeric_task("given"))
    return {
        "question": question.text,
        "response": response.text,
        "finish": response.finish,
        "tokens": response.n_tokens,
        "answer": grade.readings[strict.NAME],
        "last_number": grade.readings[flexible.NAME],
        "gold": gold_text(question),
        "right": grade.is_right(strict.NAME),
    }
