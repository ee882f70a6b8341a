"""Steps: what the graders read of one response at every budget.

A reading changes at few budgets: where a box closes and where the response has ended. The graders
are asked there and nowhere else; they alone decide what is read.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from evalsuite.comparing.budgets import is_left_whole
from evalsuite.records.paired import ReadingStep
from evalsuite.records.token_ends import TokenEnds
from evalsuite.tasks.graders import flexible, hash, strict, text as texts  # noqa: A004  the grader's name
from evalsuite.tasks.graders.thoughts import CLOSING, answered
from evalsuite.tasks.grading import grade_response, grade_text, is_boxed, reads_text

if TYPE_CHECKING:
    from evalsuite.records.run import Grade, Question, Response, Task
    from evalsuite.tasks.grading import TextGrade

__all__ = ["Steps", "reading_steps", "token_widths"]

Steps = tuple[ReadingStep, ...]

_WIDEST = 78
"""Of one sign of ``widths``: from ``0`` to ``~``."""
_NARROW = bytes(range(_WIDEST))
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
    text, ends = whole.text or "", tuple(whole.token_ends or ())
    steps, before = [], _NOTHING
    for budget in _candidates(text, ends, whole.n_tokens or 0, task):
        if budget > last:
            break
        if is_left_whole(whole, budget):
            read: Grade | TextGrade = grade or grade_response(whole, question, task)
        else:
            cut = text[: ends[min(budget, len(ends)) - 1] if ends else 0]
            is_same = grade and len(cut) == len(text) and is_boxed(grade, task)
            read = (
                grade if grade and is_same else grade_text(cut, question.gold, task, finished=False)
            )
        reading = _reading(read, task)
        if reading is None:
            return None
        if reading != before:
            steps.append(_step(budget, reading))
            before = reading
    return tuple(steps)


def _is_cut_anywhere(whole: Response) -> bool:
    # Those of a damaged file fall, and are none.
    return (
        whole.text is not None
        and isinstance(whole.token_ends, TokenEnds)
        and whole.n_tokens is not None
    )


def _candidates(text: str, ends: tuple[int, ...], n_tokens: int, task: Task) -> list[int]:
    """List every budget at which a reading may change, rising."""
    places = [end + 1 for _, end in strict.boxes(text)]
    if CLOSING in text:  # a mark that closes takes back what was read before it
        places += [match.end() for match in re.finditer(CLOSING, text)]
    if task.kind == "text":  # a line is read as soon as it can't go on
        bodies = (text, answered(text))
        places += [end + 1 for body in bodies for _, end in texts.announcements(body)]
    budgets = {bisect_left(ends, place) + 1 for place in places}
    if hash.NAME in task.graders and "####" in text:
        budgets.update(range(bisect_left(ends, text.index("####")) + 1, len(ends) + 1))
    # A log may count other tokens than its ends show. The whole text, and one token more: the end
    # token needs room too.
    for count in {len(ends), n_tokens}:
        budgets |= {max(count, 1), count + 1}
    return sorted(budgets)


class _Reading(NamedTuple):
    """What a step holds beside its budget."""

    right: bool
    flexible: bool
    answer: str | None
    flexible_answer: str | None
    span: tuple[int, int] | None


_NOTHING = _Reading(right=False, flexible=False, answer=None, flexible_answer=None, span=None)


def _reading(read: Grade | TextGrade, task: Task) -> _Reading | None:
    scores, readings = read.scores, read.readings
    further = flexible.NAME if flexible.NAME in scores else task.decides
    if (score := scores.get(task.decides)) is None:
        return None
    return _Reading(
        score == 1,
        scores[further] == 1,
        readings.get(task.decides),
        readings.get(further),
        read.spans.get(further),
    )


def _step(budget: int, reading: _Reading) -> ReadingStep:
    return ReadingStep(
        max_new_tokens=budget,
        right=reading.right,
        flexible=reading.flexible,
        answer=reading.answer,
        flexible_answer=reading.flexible_answer,
        span=reading.span,
    )


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
    if isinstance(widths := ends.lengths, bytes) and not widths.translate(None, _NARROW):
        return widths.translate(_SIGNS).decode("ascii")
    return "".join("~" * (w // _WIDEST) + chr(ord("0") + w % _WIDEST) for w in widths)
