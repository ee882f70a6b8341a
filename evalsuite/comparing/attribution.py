"""Parts of the gain: every discordant question gets one cause.

The cause is the reason why the wrong side was wrong: *finished* (its response was cut off),
*formatted* (the flexible grader finds the right number there, the strict one does not),
*reasoned* (all else). Gains count +1, losses -1, so the parts sum to the gain exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evalsuite.comparing.gain import paired_gain
from evalsuite.records.comparison import Attribution, Part
from evalsuite.tasks.graders import flexible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.gain import PairedGain
    from evalsuite.records.paired import Outcomes, PairedOutcomes

__all__ = ["attribute", "causes"]

Cause = Literal["finished", "formatted", "reasoned"]


def causes(outcomes: PairedOutcomes) -> tuple[Cause | None, ...]:
    """Name the cause of every row; None for rows on which the models agree."""
    return tuple(_cause(outcomes, row) for row in range(len(outcomes.question_ids)))


def attribute(outcomes: PairedOutcomes, *, confidence_level: float = 0.95) -> Attribution | None:
    """Split the gain into finished, formatted and reasoned, each with an interval over all rows.

    None where a log does not say how its responses ended, so *finished* can't be known, or where
    no grader could find a right number elsewhere, so *formatted* can't.
    """
    if None in (*outcomes.base.truncated, *outcomes.trained.truncated):
        return None
    if not all(side.is_graded(flexible.NAME) for side in (outcomes.base, outcomes.trained)):
        return None
    row_causes = causes(outcomes)
    parts = {
        cause: _part(_gain_by(outcomes, [c == cause for c in row_causes], confidence_level))
        for cause in ("finished", "formatted", "reasoned")
    }
    remainder = _gain_by(
        outcomes, [c in ("formatted", "reasoned") for c in row_causes], confidence_level
    )
    return Attribution(
        **parts, without_finished=_part(remainder), without_finished_exact=remainder.exact
    )


def _cause(outcomes: PairedOutcomes, row: int) -> Cause | None:
    base, trained = (side.scores[side.decides][row] for side in (outcomes.base, outcomes.trained))
    if base == trained:
        return None
    wrong: Outcomes = outcomes.trained if base else outcomes.base
    # cut off comes first: what a cut text would still have said, no grader can know
    if wrong.truncated[row]:
        return "finished"
    further = wrong.scores.get(flexible.NAME)
    return "formatted" if further is not None and further[row] == 1 else "reasoned"


def _gain_by(
    outcomes: PairedOutcomes, chosen: Sequence[bool], confidence_level: float
) -> PairedGain:
    """Take the gain over all n rows with every row outside the part made a tie."""
    return paired_gain(
        [right and inside for right, inside in zip(outcomes.base.correct, chosen, strict=True)],
        [right and inside for right, inside in zip(outcomes.trained.correct, chosen, strict=True)],
        outcomes.question_ids,
        confidence_level=confidence_level,
    )


def _part(gain: PairedGain) -> Part:
    return Part(
        losses=gain.table.losses,
        gains=gain.table.gains,
        gain=gain.estimate,
        interval=gain.interval,
    )
