"""Rows for a person to read: both responses to every question, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.budgets import cut_end, ended_within
from evalsuite.comparing.pairing import pair_tables
from evalsuite.records.paired import PairedRow, PairedText
from evalsuite.tasks.graders import flexible
from evalsuite.tasks.graders.numbers import format_number, gold_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.run import Question

__all__ = ["gold_text", "paired_rows"]


def paired_rows(
    base: GradedTable, trained: GradedTable, budgets: Sequence[int]
) -> tuple[PairedRow, ...]:
    """Lay out every pair of answers as graded at the headline budget, with each budget's cut.

    In the order of base's questions. ``question`` is None where a run has no texts; ``budgets``
    are those of the comparison, in the order of its rows.
    """
    paired = pair_tables(base, trained)
    questions = {question.id: question for question in base.run.questions}
    return tuple(
        PairedRow(
            question_id=key[0],
            sample=key[1],
            question=questions[key[0]].text or None,
            gold=gold_text(questions[key[0]]),
            base=_text(base, row, budgets),
            trained=_text(trained, trained_row, budgets),
        )
        for row, (key, trained_row) in enumerate(zip(paired.keys, paired.trained_rows, strict=True))
    )


def gold_text(question: Question) -> str | None:
    """Write a gold for people: a number without its fraction bar where it has a finite decimal."""
    number = gold_number(question.gold)
    return question.gold if number is None else format_number(number)


def _text(table: GradedTable, row: int, budgets: Sequence[int]) -> PairedText:
    whole, grade, decides = table.run.responses[row], table.grades[row], table.task.decides
    further = flexible.NAME if flexible.NAME in grade.scores else decides
    ended = ended_within(whole, table.headline_budget)
    score = grade.scores.get(decides)
    return PairedText(
        text=whole.text,
        strict=bool(grade.is_right(decides)),
        flexible=bool(grade.is_right(further)),
        answer=grade.readings.get(decides),
        flexible_answer=grade.readings.get(further),
        span=grade.spans.get(further),
        finish="unknown" if ended is None else "stop" if ended else "length",
        n_tokens=whole.n_tokens,
        cuts=tuple(cut_end(whole, budget) for budget in budgets),
        score=None if score in (0, 1) else score,
    )
