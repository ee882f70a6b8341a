"""Tables of pandas from records, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.comparing.rows import gold_text
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import plain
from evalsuite.tasks.graders import flexible, strict
from evalsuite.tasks.grading import grade_response, numeric_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.run import Question, Response

__all__ = ["answer_table", "as_table"]

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
            f"{', '.join(strangers[:5])} is not among the questions; give the ones that were asked"
        )
    rows = [_answer(by_id[response.question_id], response) for response in responses]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    for column in ("answer", "last_number"):  # as objects, else pandas turns None into NaN
        table[column] = pd.Series([row[column] for row in rows], dtype=object)
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
