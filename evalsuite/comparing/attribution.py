"""What the gain is made of: every discordant question gets one cause.

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
    from evalsuite.records.paired import Outcomes, PairedOutcomes

__all__ = ["attribute", "causes"]

Cause = Literal["finished", "formatted", "reasoned"]


def causes(outcomes: PairedOutcomes) -> tuple[Cause | None, ...]:
    """Name the cause of every row.

    Parameters
    ----------
    outcomes
        Paired rows at one budget.

    Returns
    -------
    tuple of str or None
        None for rows on which the models agree.
    """
    return tuple(_cause(outcomes, row) for row in range(len(outcomes.question_ids)))


def attribute(outcomes: PairedOutcomes, *, confidence_level: float = 0.95) -> Attribution | None:
    """Split the gain into finished, formatted and reasoned.

    Parameters
    ----------
    outcomes
        Paired rows at one budget.
    confidence_level
        Of the Tango interval of each part, from its own losses and gains over all n rows.

    Returns
    -------
    Attribution or None
        None where a log does not say how its responses ended, so *finished* can't be known.
    """
    if None in (*outcomes.base.truncated, *outcomes.trained.truncated):
        return None
    named = causes(outcomes)
    parts = {
        cause: _part(outcomes, tuple(c == cause for c in named), confidence_level)[0]
        for cause in ("finished", "formatted", "reasoned")
    }
    rest, rest_exact = _part(
        outcomes, tuple(c in ("formatted", "reasoned") for c in named), confidence_level
    )
    return Attribution(**parts, without_finished=rest, without_finished_exact=rest_exact)


def _cause(outcomes: PairedOutcomes, row: int) -> Cause | None:
    base, trained = (side.scores[side.decides][row] for side in (outcomes.base, outcomes.trained))
    if base == trained:
        return None
    wrong: Outcomes = outcomes.trained if base else outcomes.base
    if wrong.truncated[row]:
        return "finished"
    further = wrong.scores.get(flexible.NAME)
    return "formatted" if further is not None and further[row] == 1 else "reasoned"


def _part(
    outcomes: PairedOutcomes, chosen: tuple[bool, ...], confidence_level: float
) -> tuple[Part, float]:
    """Take the gain over all n rows with every row outside the part made a tie."""
    found = paired_gain(
        [right and inside for right, inside in zip(outcomes.base.correct, chosen, strict=True)],
        [right and inside for right, inside in zip(outcomes.trained.correct, chosen, strict=True)],
        outcomes.question_ids,
        confidence_level=confidence_level,
    )
    part = Part(
        losses=found.table.losses,
        gains=found.table.gains,
        gain=found.estimate,
        interval=found.interval,
    )
    return part, found.exact
