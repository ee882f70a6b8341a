"""Steps: what the graders read of one response at every budget.

A reading changes at few budgets: where a box closes and where the response has ended. The graders
are asked there and nowhere else; they alone decide what is read.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from evalsuite.comparing.budgets import cut_response
from evalsuite.records.paired import ReadingStep
from evalsuite.records.token_ends import TokenEnds
from evalsuite.tasks.graders import flexible, hash, strict, text as texts  # noqa: A004  the grader's name
from evalsuite.tasks.graders.thoughts import CLOSING, answered
from evalsuite.tasks.grading import grade_response, reads_text

if TYPE_CHECKING:
    from evalsuite.records.run import Grade, Question, Response, Task

__all__ = ["Steps", "reading_steps", "token_widths"]

Steps = tuple[ReadingStep, ...]

_NOTHING = ReadingStep(max_new_tokens=0, right=False, flexible=False)
_WIDEST = 78
"""Of one sign of ``widths``: from ``0`` to ``~``."""
_SIGNS = bytes(min(ord("0") + width, ord("~")) for width in range(256))


def reading_steps(
    whole: Response, question: Question, task: Task, last: int, *, grade: Grade | None = None
) -> Steps | None:
    """Read a stored response at every budget from 1 to ``last``; nothing before the first step.

    ``grade`` is the whole response's where it is known. None where the response can't be cut at
    every token or its deciding grader reads no text.
    """
    if not last or not _is_cut_anywhere(whole) or not reads_text(task.decides, task):
        return None
    steps = [_NOTHING]
    for budget in _candidates(whole, task):
        if budget > last:
            break
        cut = cut_response(whole, budget)
        read = grade if cut is whole and grade else grade_response(cut, question, task)
        step = _step(read, task, budget)
        if step is None:
            return None
        if _reading(step) != _reading(steps[-1]):
            steps.append(step)
    return tuple(steps[1:])


def _is_cut_anywhere(whole: Response) -> bool:
    # Those of a damaged file fall, and are none.
    return (
        whole.text is not None
        and isinstance(whole.token_ends, TokenEnds)
        and whole.n_tokens is not None
    )


def _candidates(whole: Response, task: Task) -> list[int]:
    """List every budget at which a reading may change, rising."""
    text, ends = whole.text or "", tuple(whole.token_ends or ())
    places = [end + 1 for _, end in strict.boxes(text)]
    # a mark that closes takes back what was read before it
    places += [match.end() for match in re.finditer(CLOSING, text)]
    if task.kind == "text":  # a line is read as soon as it can't go on
        bodies = (text, answered(text))
        places += [end + 1 for body in bodies for _, end in texts.announcements(body)]
    budgets = {bisect_left(ends, place) + 1 for place in places}
    if hash.NAME in task.graders and "####" in text:
        budgets.update(range(bisect_left(ends, text.index("####")) + 1, len(ends) + 1))
    # A log may count other tokens than its ends show. The whole text, and one token more: the end
    # token needs room too.
    counts = (len(ends), whole.n_tokens or 0)
    return sorted(budgets | {max(count + more, 1) for count in counts for more in (0, 1)})


def _step(grade: Grade, task: Task, budget: int) -> ReadingStep | None:
    further = flexible.NAME if flexible.NAME in grade.scores else task.decides
    if grade.scores.get(task.decides) is None:
        return None
    return ReadingStep(
        max_new_tokens=budget,
        right=bool(grade.is_right(task.decides)),
        flexible=bool(grade.is_right(further)),
        answer=grade.readings.get(task.decides),
        flexible_answer=grade.readings.get(further),
        span=grade.spans.get(further),
    )


def _reading(step: ReadingStep) -> tuple[object, ...]:
    return step.right, step.flexible, step.answer, step.flexible_answer, step.span


def token_widths(whole: Response) -> str | None:
    """Write the characters of every token as one sign each; None where tokens are not known.

    Examples
    --------
    >>> from evalsuite.records.run import Response
    >>> token_widths(
    ...     Response(question_id="1", sample=0, text="ab c", token_ends=(2, 4), finish="stop",
    ...              n_tokens=2)
    ... )
    '22'
    """
    ends = whole.token_ends
    if not _is_cut_anywhere(whole) or not isinstance(ends, TokenEnds):
        return None
    if isinstance(widths := ends.lengths, bytes) and max(widths, default=0) < _WIDEST:
        return widths.translate(_SIGNS).decode("ascii")
    return "".join("~" * (w // _WIDEST) + chr(ord("0") + w % _WIDEST) for w in widths)
