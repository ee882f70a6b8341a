"""Parts of the gain, and the cause by which each discordant question is counted.

Parts are what the same responses show with a larger budget and a further grader, so they are known
only where these are stored: *finished* is the gain that goes when the budget grows, *formatted* the
gain that then goes when the flexible grader reads, *rest* what remains. They sum to the gain. A
cause is why the wrong side of a question was wrong; a question counted as cut off may have been
wrong with any budget, so the count is no part of the gain.

With several samples a question the cause is that of a wrong sample, and a count the number of
questions expected over one sample of each model: which sample stands beside which means nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from evalsuite.comparing.contrasts import gain_difference, question_gains
from evalsuite.comparing.gain import by_question, gain_columns, paired_gain
from evalsuite.comparing.rows import gain_of
from evalsuite.records.gains import CauseCount, CauseCounts, GainParts, GainRow, Interval
from evalsuite.stats import widened_gain
from evalsuite.tasks.graders import flexible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from evalsuite.comparing.gain import PairedGain
    from evalsuite.records.paired import Outcomes, PairedOutcomes

__all__ = ["cause_counts", "causes", "gain_parts"]

Cause = Literal["finished", "formatted", "reasoned"]
CAUSES: tuple[Cause, ...] = ("finished", "formatted", "reasoned")


def causes(outcomes: PairedOutcomes) -> tuple[Cause | None, ...]:
    """Name the cause of every row; None for rows on which the models agree."""
    return tuple(_cause(outcomes, row) for row in range(len(outcomes.question_ids)))


def cause_counts(outcomes: PairedOutcomes) -> CauseCounts | None:
    """Count the discordant questions by cause, each count with an interval over all rows.

    None where a log does not say how its responses ended, so that being cut off can't be known,
    where no grader could find a right number elsewhere, and where scores lie between 0 and 1.
    """
    if None in (*outcomes.base.truncated, *outcomes.trained.truncated):
        return None
    sides = (outcomes.base, outcomes.trained)
    if not all(s.is_graded(flexible.NAME) and s.is_graded(s.decides) for s in sides):
        return None
    row_causes = causes(outcomes)
    counts: dict[Cause, CauseCount] = {
        cause: _count(_gain_by(outcomes, [c == cause for c in row_causes])) for cause in CAUSES
    }
    if len(set(outcomes.samples)) > 1:
        finished, formatted, reasoned = _expected(outcomes, counts)
        return CauseCounts(finished=finished, formatted=formatted, reasoned=reasoned)
    remainder = _gain_by(outcomes, [c in ("formatted", "reasoned") for c in row_causes])
    return CauseCounts(
        finished=counts["finished"],
        formatted=counts["formatted"],
        reasoned=counts["reasoned"],
        without_finished=_count(remainder),
        without_finished_exact=remainder.exact,
    )


def gain_parts(
    headline: PairedOutcomes,
    largest: PairedOutcomes,
    causes_here: CauseCounts | None,
) -> GainParts:
    """Split the gain at the headline budget by what the largest stored budget shows.

    ``causes_here`` is the headline's `cause_counts`; ``largest`` is the headline itself where no
    larger budget is stored.
    """
    # The order is the definition: first the budget as the deciding grader reads, then the grader at
    # the largest budget. The other way round, form would be looked for in texts that were cut.
    is_largest = largest.max_new_tokens == headline.max_new_tokens
    gains, level = question_gains(largest), headline.confidence_level
    is_read = largest.base.is_graded(flexible.NAME) and largest.trained.is_graded(flexible.NAME)
    rest = gain_of(largest, flexible.NAME if is_read else None)
    return GainParts(
        finished=None if is_largest else gain_difference(question_gains(headline), gains, level),
        finished_range=_range(causes_here, headline) if is_largest else None,
        formatted=gain_difference(gains, question_gains(largest, flexible.NAME), level)
        if is_read
        else None,
        rest=GainRow(**gain_columns(rest)),
        max_new_tokens=largest.max_new_tokens,
    )


def _range(causes_here: CauseCounts | None, outcomes: PairedOutcomes) -> Interval | None:
    if causes_here is None:
        is_cut = {*outcomes.base.truncated, *outcomes.trained.truncated}
        return Interval(low=0.0, high=0.0) if is_cut == {False} else None
    cut_off = causes_here.finished
    if cut_off.expected_gains is not None and cut_off.expected_losses is not None:
        n = len(set(outcomes.question_ids))
        return Interval(low=-cut_off.expected_losses / n, high=cut_off.expected_gains / n)
    n = len(outcomes.question_ids)
    return Interval(low=-cut_off.losses / n, high=cut_off.gains / n)


def _cause(outcomes: PairedOutcomes, row: int) -> Cause | None:
    base, trained = (side.scores[side.decides][row] for side in (outcomes.base, outcomes.trained))
    if base == trained:
        return None
    return _cause_of(outcomes.trained if base else outcomes.base, row)


def _cause_of(wrong: Outcomes, row: int) -> Cause:
    # cut off comes first: what a cut text would still have said, no grader can know
    if wrong.truncated[row]:
        return "finished"
    further = wrong.scores.get(flexible.NAME)
    return "formatted" if further is not None and further[row] == 1 else "reasoned"


def _gain_by(outcomes: PairedOutcomes, chosen: Sequence[bool]) -> PairedGain:
    """Take the gain over all n rows with every row outside the part made a tie."""
    return paired_gain(
        [right and inside for right, inside in zip(outcomes.base.correct, chosen, strict=True)],
        [right and inside for right, inside in zip(outcomes.trained.correct, chosen, strict=True)],
        outcomes.question_ids,
        confidence_level=outcomes.confidence_level,
    )


def _expected(outcomes: PairedOutcomes, counts: dict[Cause, CauseCount]) -> Iterator[CauseCount]:
    """Count questions by cause over every pair of a base and a trained sample, each one alike."""
    before, after = (_shares(side.correct, outcomes) for side in (outcomes.base, outcomes.trained))
    for cause, count in counts.items():
        losses = before * _shares(_wrong_by(outcomes.trained, cause), outcomes)
        gains = after * _shares(_wrong_by(outcomes.base, cause), outcomes)
        difference = widened_gain(gains - losses, confidence_level=outcomes.confidence_level)
        yield replace(
            count,
            gain=difference.estimate,
            interval=difference.interval,
            expected_losses=float(losses.sum()),
            expected_gains=float(gains.sum()),
        )


def _wrong_by(side: Outcomes, cause: Cause) -> list[bool]:
    """Tell of every row whether it is wrong, and by this cause."""
    return [not right and _cause_of(side, row) == cause for row, right in enumerate(side.correct)]


def _shares(rows: Sequence[bool], outcomes: PairedOutcomes) -> NDArray[np.float64]:
    """Give the share of a question's samples of which something holds."""
    folded = np.array(by_question(rows, outcomes.question_ids), dtype=float)
    return np.asarray(folded.mean(axis=1))


def _count(gain: PairedGain) -> CauseCount:
    return CauseCount(
        losses=gain.table.losses,
        gains=gain.table.gains,
        gain=gain.estimate,
        interval=gain.interval,
    )
