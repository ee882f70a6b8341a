"""Passes of a pair: its gain over the number of tries, and which single questions changed.

From the samples at the headline budget. Whether trained was sharpened or widened is the verdict
room's to say.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from evalsuite.comparing.gain import by_question
from evalsuite.records.gains import GainDifference
from evalsuite.records.passes import Passes, SampledQuestion, TriesRow
from evalsuite.seeds import stream
from evalsuite.stats import flip_chances, majority_curves, pass_curves
from evalsuite.tasks.graders.numbers import gold_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.pairing import PairedTables
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.run import Grade
    from evalsuite.stats import PassCurves

__all__ = ["passes_of"]


def passes_of(tables: PairedTables, outcomes: PairedOutcomes) -> Passes | None:
    """Give what several samples tell of more tries; None with one sample a question.

    ``outcomes`` are those of ``tables`` at the headline budget.
    """
    ids = tuple(dict.fromkeys(outcomes.question_ids))
    samples = len(outcomes.question_ids) // len(ids)
    if samples == 1:
        return None
    base, trained = (
        by_question([*map(int, side.correct)], outcomes.question_ids)
        for side in (outcomes.base, outcomes.trained)
    )
    curves = pass_curves(base, trained, confidence_level=outcomes.confidence_level)
    tries = _rows_of(curves)
    return Passes(
        n_samples=samples,
        confidence_level=outcomes.confidence_level,
        tries=tries,
        votes=_votes(tables, outcomes),
        contrast=_contrast(curves),
        crossing=_crossing(tries),
        questions=_questions(ids, base, trained),
    )


def _votes(tables: PairedTables, outcomes: PairedOutcomes) -> tuple[TriesRow, ...]:
    """Give the gain of votes; nothing where the deciding grader did not read every response."""
    if None in (*outcomes.base.answered, *outcomes.trained.answered):
        return ()
    trained = [tables.trained.grades[row] for row in tables.trained_rows]
    votes = [
        [_vote(each, outcomes.base.decides) for each in by_question(grades, outcomes.question_ids)]
        for grades in (list(tables.base.grades), trained)
    ]
    rng = stream(tables.base.run.spec.decoding.seed or 0, "votes")
    return _rows_of(
        majority_curves(votes[0], votes[1], rng=rng, confidence_level=outcomes.confidence_level)
    )


def _vote(grades: Sequence[Grade], grader: str) -> list[int]:
    """Give each answer of a question its number: 0 right, 1, 2, .. wrong ones, -1 none."""
    ballots: dict[object, int] = {}
    votes = []
    for grade in grades:
        reading = grade.readings.get(grader)
        if grade.is_right(grader):
            votes.append(0)
        elif reading is None:
            votes.append(-1)
        else:
            # 8 and 8.0 are one answer
            number = gold_number(reading)
            answer = reading.strip() if number is None else number
            votes.append(ballots.setdefault(answer, len(ballots) + 1))
    return votes


def _rows_of(curves: PassCurves) -> tuple[TriesRow, ...]:
    return tuple(
        TriesRow(
            k=gain.k,
            base=gain.base,
            base_interval=gain.base_interval,
            trained=gain.trained,
            trained_interval=gain.trained_interval,
            gain=gain.estimate,
            interval=gain.interval,
            exact=gain.pvalue,
        )
        for gain in curves.gains
    )


def _contrast(curves: PassCurves) -> GainDifference:
    contrast = curves.contrast
    assert contrast is not None  # noqa: S101  only votes have none
    return GainDifference(
        gain=contrast.estimate,
        interval=contrast.interval,
        exact=contrast.pvalue,
        raised=contrast.raised,
        lowered=contrast.lowered,
    )


def _crossing(tries: Sequence[TriesRow]) -> tuple[int, int] | None:
    """Give the last two numbers of tries between which the estimated gain changes its sign."""
    signed = [row for row in tries if row.gain]
    crossings = [
        (before.k, after.k) for before, after in pairwise(signed) if before.gain * after.gain < 0
    ]
    return crossings[-1] if crossings else None


def _questions(
    ids: Sequence[str], base: list[list[int]], trained: list[list[int]]
) -> tuple[SampledQuestion, ...]:
    chances = flip_chances(base, trained)
    return tuple(
        SampledQuestion(id=question_id, base=sum(b), trained=sum(t), fixed=fixed, broken=broken)
        for question_id, b, t, fixed, broken in zip(
            ids, base, trained, chances.fixed, chances.broken, strict=True
        )
    )
