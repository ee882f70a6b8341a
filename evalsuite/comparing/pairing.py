"""Lay two runs side by side by question id, never by file order; refuse what does not match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.budgets import graded_at, outcomes_of
from evalsuite.errors import NotComparableError
from evalsuite.records.paired import PairedOutcomes

if TYPE_CHECKING:
    from evalsuite.records.run import Run

__all__ = ["pair_runs", "paired_keys"]


def paired_keys(base: Run, trained: Run) -> tuple[tuple[str, int], ...]:
    """List the rows of a comparison: question x sample, in the order of base's questions.

    Parameters
    ----------
    base, trained
        Complete runs.

    Returns
    -------
    tuple of (question_id, sample)

    Raises
    ------
    NotComparableError
        If ids, golds, texts or samples differ; the message counts and names offenders.
    """
    _same_questions(base, trained)
    left = {(r.question_id, r.sample) for r in base.responses}
    right = {(r.question_id, r.sample) for r in trained.responses}
    if left != right:
        odd = sorted(left ^ right)
        raise NotComparableError(
            f"{len(odd):,} answers exist in one run only ({_some(odd)}); finish both runs"
        )
    order = {q.id: place for place, q in enumerate(base.questions)}
    return tuple(sorted(left, key=lambda key: (order[key[0]], key[1])))


def pair_runs(base: Run, trained: Run, budget: int | None = None) -> PairedOutcomes:
    """Pair two runs at one budget.

    Parameters
    ----------
    base, trained
        Complete runs over the same questions.
    budget
        ``max_new_tokens``, at most the budget both were generated at; None takes them as stored.

    Returns
    -------
    PairedOutcomes

    Raises
    ------
    NotComparableError
        As `paired_keys`.
    """
    keys = paired_keys(base, trained)
    return PairedOutcomes(
        question_ids=tuple(key[0] for key in keys),
        samples=tuple(key[1] for key in keys),
        max_new_tokens=budget,
        base=outcomes_of(graded_at(base, budget), keys),
        trained=outcomes_of(graded_at(trained, budget), keys),
    )


def _same_questions(base: Run, trained: Run) -> None:
    left = {q.id: q for q in base.questions}
    right = {q.id: q for q in trained.questions}
    if left.keys() != right.keys():
        odd = sorted(left.keys() ^ right.keys())
        raise NotComparableError(
            f"the runs ask different questions: {len(odd):,} ids are in one only ({_some(odd)}); "
            "run both models on the same questions"
        )
    golds = sorted(i for i in left if left[i].gold != right[i].gold)
    texts = sorted(
        i for i in left if left[i].text and right[i].text and left[i].text != right[i].text
    )
    for what, odd in (("gold answers", golds), ("texts", texts)):
        if odd:
            raise NotComparableError(
                f"{len(odd):,} questions have the same id but different {what} ({_some(odd)}); "
                "load both runs from the same data"
            )


def _some(offenders: list[object] | list[str] | list[tuple[str, int]]) -> str:
    listed = ", ".join(map(str, offenders[:5]))
    return f"{listed}, ..." if len(offenders) > 5 else listed
