"""Every smaller budget from the one stored generation, by cutting at token ends.

A response is *cut off* at a budget when it had not ended within it, the end token included. What
is left of a cut response is graded as it stands: a boxed answer before the cut counts, the last
number of a cut text does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.records.paired import Outcomes
from evalsuite.records.run import Grade, Response
from evalsuite.tasks.grading import grade_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from evalsuite.records.run import Run

__all__ = ["cut_response", "ended_within", "grade_response", "graded_at", "outcomes_of"]

Key = tuple[str, int]


def ended_within(response: Response, budget: int | None) -> bool | None:
    """Tell whether a response ended by itself within a budget.

    Parameters
    ----------
    response
        As stored, generated at the largest budget.
    budget
        ``max_new_tokens``; None asks about the response as stored.

    Returns
    -------
    bool or None
        The end token counts as a token. None where a log does not say how the response ended.
    """
    if response.finish == "unknown":
        return None
    if response.finish == "length":
        return False
    return budget is None or response.n_tokens is None or response.n_tokens + 1 <= budget


def cut_response(response: Response, budget: int) -> Response:
    """Cut a stored response to what a run at a smaller budget would have written.

    Parameters
    ----------
    response
        Generated at this budget or a larger one.
    budget
        ``max_new_tokens``, at least 1.

    Returns
    -------
    Response
        The same object where the budget does not reach into it.

    Raises
    ------
    InvalidInputError
        If the response has no token ends and can't be cut.
    """
    if ended_within(response, budget) or (
        response.finish == "length" and (response.n_tokens or 0) <= budget
    ):
        return response
    if response.token_ends is None:
        raise InvalidInputError(
            f"{response.question_id} has no token ends and can't be cut at {budget} tokens; "
            "import the log with a tokenizer, or compare at its own budget only"
        )
    kept = response.token_ends[:budget]
    end = kept[-1] if kept else 0
    return replace(
        response, text=response.text[:end], token_ends=kept, finish="length", n_tokens=len(kept)
    )


def grade_response(response: Response, gold: Fraction) -> Grade:
    """Grade one response as it stands.

    Parameters
    ----------
    response
        Whole or cut.
    gold
        The right answer.

    Returns
    -------
    Grade
        A response whose end was not recorded is read as a finished one.
    """
    graded = grade_text(response.text, gold, finished=response.finish != "length")
    return Grade(
        question_id=response.question_id,
        sample=response.sample,
        strict=graded.strict,
        flexible=graded.flexible,
        answer=graded.answer,
        flexible_answer=graded.flexible_answer,
        span=graded.span,
    )


def graded_at(run: Run, budget: int | None) -> dict[Key, tuple[Response, Grade]]:
    """Cut and grade a whole run at one budget.

    Parameters
    ----------
    run
        Complete.
    budget
        ``max_new_tokens``; None takes the responses as stored. Stored grades are not used: an
        older grader may have made them.

    Returns
    -------
    dict
        (question_id, sample) to the response as cut, and its grade.
    """
    golds = {q.id: q.gold for q in run.questions}
    graded = {}
    for response in run.responses:
        cut = response if budget is None else cut_response(response, budget)
        grade = grade_response(cut, golds[cut.question_id])
        graded[response.question_id, response.sample] = (cut, grade)
    return graded


def outcomes_of(graded: Mapping[Key, tuple[Response, Grade]], keys: tuple[Key, ...]) -> Outcomes:
    """Lay graded responses out as columns.

    Parameters
    ----------
    graded
        From `graded_at`.
    keys
        The rows, in order.

    Returns
    -------
    Outcomes
    """
    rows = [graded[key] for key in keys]
    ended = [ended_within(response, None) for response, _ in rows]
    return Outcomes(
        strict=tuple(grade.strict for _, grade in rows),
        flexible=tuple(grade.flexible for _, grade in rows),
        truncated=tuple(None if e is None else not e for e in ended),
        answered=tuple(grade.answer is not None for _, grade in rows),
        tokens=tuple(response.n_tokens for response, _ in rows),
    )
