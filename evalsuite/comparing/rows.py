"""Both answers to every question, side by side, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.budgets import ended_within, graded_at
from evalsuite.comparing.pairing import paired_keys
from evalsuite.records.paired import PairedRow, PairedText
from evalsuite.tasks.grading import format_number

if TYPE_CHECKING:
    from evalsuite.records.run import Grade, Response, Run

__all__ = ["paired_rows"]


def paired_rows(
    base: Run, trained: Run, budgets: tuple[int, ...], headline_budget: int | None
) -> tuple[PairedRow, ...]:
    """Lay out every pair of answers, graded at the headline budget, with each budget's cut.

    Parameters
    ----------
    base, trained
        Complete runs over the same questions.
    budgets
        Of the comparison; a cut is given for each.
    headline_budget
        At which the rows are graded; None takes the answers as stored.

    Returns
    -------
    tuple of PairedRow
        In the order of base's questions. ``question`` is None where a run has no texts.
    """
    questions = {q.id: q for q in base.questions}
    sides = [
        (graded_at(run, headline_budget), {(r.question_id, r.sample): r for r in run.responses})
        for run in (base, trained)
    ]
    return tuple(
        PairedRow(
            question_id=key[0],
            sample=key[1],
            question=questions[key[0]].text or None,
            gold=format_number(questions[key[0]].gold),
            base=_text(sides[0][1][key], sides[0][0][key][1], budgets, headline_budget),
            trained=_text(sides[1][1][key], sides[1][0][key][1], budgets, headline_budget),
        )
        for key in paired_keys(base, trained)
    )


def _text(
    response: Response, grade: Grade, budgets: tuple[int, ...], headline_budget: int | None
) -> PairedText:
    ended = ended_within(response, headline_budget)
    return PairedText(
        text=response.text,
        strict=grade.strict,
        flexible=grade.flexible,
        answer=grade.answer,
        flexible_answer=grade.flexible_answer,
        span=grade.span,
        finish="unknown" if ended is None else "stop" if ended else "length",
        n_tokens=response.n_tokens,
        cuts=tuple(_cut(response, budget) for budget in budgets),
    )


def _cut(response: Response, budget: int) -> int | None:
    if ended_within(response, budget) is not False or response.token_ends is None:
        return None
    kept = response.token_ends[:budget]
    return kept[-1] if kept else 0
