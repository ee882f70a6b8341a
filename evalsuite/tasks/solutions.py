r"""Worked solutions: a task's own gold text without its marks, ending in a box."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.graders.numbers import format_number, gold_number

if TYPE_CHECKING:
    from evalsuite.records.run import Question

__all__ = ["worked_solution"]

_MARKS = re.compile(r"<<[^<>]{0,200}>>")


def worked_solution(question: Question) -> str:
    r"""Write the gold solution the way an answer should look.

    Calculator marks of the GSM8K format go, and the answer is boxed on a line of its own.

    Raises
    ------
    InvalidInputError
        If the question has no worked solution, only a number.

    Examples
    --------
    >>> from evalsuite.records.run import Question
    >>> gold = "He has 2*3 = <<2*3=6>>6 pears.\n#### 6"
    >>> question = Question(id="q", text="?", gold="6", gold_text=gold)
    >>> print(worked_solution(question))
    He has 2*3 = 6 pears.
    \boxed{6}
    """
    body, mark, _ = question.gold_text.rpartition("####")
    if not mark or not body.strip():
        raise InvalidInputError(
            f"question {question.id} has no worked solution before '####'; "
            "warm up on the model's own right answers with --warmup self"
        )
    text, number = _MARKS.sub("", body).strip(), gold_number(question.gold)
    answer = question.gold if number is None else format_number(number)
    return f"{text}\n\\boxed{{{answer}}}"
