"""Contrasts of the headline's gain with the same gain by other budgets, graders and decodings.

So with single samples. Each is a difference on every question, with its test; Holm over all that
stand in one row. Which of them are established is the verdict room's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.comparing.gain import by_question
from evalsuite.records.comparison import GainDifference, Interval
from evalsuite.stats import gain_contrast, holm
from evalsuite.stats.paired.contrast import score_contrast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from evalsuite.records.comparison import BudgetRow, GraderRow
    from evalsuite.records.paired import PairedOutcomes

__all__ = [
    "Gains",
    "against_headline",
    "decoding_differences",
    "differences_from",
    "each_against_others",
    "gain_difference",
    "graders_against_headline",
    "question_gains",
    "sample_differences",
]

Gains = list[list[float]]


def question_gains(outcomes: PairedOutcomes, grader: str | None = None) -> Gains:
    """Give trained's score minus base's: one row a question, one column a sample.

    By the deciding grader unless another is named.
    """
    scores = zip(outcomes.base.points(grader), outcomes.trained.points(grader), strict=True)
    steps = [after - before for before, after in scores]
    return by_question(steps, outcomes.question_ids)


def gain_difference(here: ArrayLike, there: ArrayLike, level: float) -> GainDifference:
    """Give one gain minus another, question by question."""
    is_partial = not all(np.isin(gains, (-1, 0, 1)).all() for gains in (here, there))
    contrast = (score_contrast if is_partial else gain_contrast)(
        here, there, confidence_level=level
    )
    return GainDifference(
        gain=contrast.estimate,
        interval=Interval(low=contrast.low, high=contrast.high),
        exact=contrast.pvalue,
        raised=contrast.raised,
        lowered=contrast.lowered,
    )


def against_headline(
    rows: Sequence[BudgetRow],
    headline: PairedOutcomes,
    at: Callable[[int], PairedOutcomes],
) -> tuple[BudgetRow, ...]:
    """Set every budget's gain against the headline's, whose own row has no difference."""
    here = np.asarray(question_gains(headline))
    others = [row for row in rows if row.max_new_tokens != headline.max_new_tokens]
    gains = [np.asarray(question_gains(at(row.max_new_tokens))) for row in others]
    differences = differences_from(here, gains, headline.confidence_level)
    tested = dict(zip((row.max_new_tokens for row in others), differences, strict=True))
    return tuple(replace(row, difference=tested.get(row.max_new_tokens)) for row in rows)


def graders_against_headline(
    rows: Mapping[str, GraderRow], headline: PairedOutcomes
) -> dict[str, GraderRow]:
    """Set every grader's gain against the deciding one's, whose own row has no difference."""
    here = np.asarray(question_gains(headline))
    others = [grader for grader in rows if grader != headline.base.decides]
    gains = [np.asarray(question_gains(headline, grader)) for grader in others]
    differences = differences_from(here, gains, headline.confidence_level)
    tested = dict(zip(others, differences, strict=True))
    return {grader: replace(row, difference=tested.get(grader)) for grader, row in rows.items()}


def sample_differences(outcomes: PairedOutcomes) -> tuple[GainDifference, ...]:
    """Set every sample's gain against the mean of the others; none with one sample a question."""
    gains = question_gains(outcomes)
    return each_against_others(
        [[[row[sample]] for row in gains] for sample in range(len(gains[0]))],
        outcomes.confidence_level,
    )


def differences_from(
    here: ArrayLike, others: Sequence[ArrayLike], level: float
) -> tuple[GainDifference, ...]:
    """Give each of the others minus ``here``, with Holm over all of them."""
    return _adjusted([gain_difference(gains, here, level) for gains in others])


def each_against_others(parts: Sequence[Gains], level: float) -> tuple[GainDifference, ...]:
    """Give each part's gain minus the mean of the others', with Holm; nothing for one part."""
    if len(parts) == 1:
        return ()
    return _adjusted([_alone(parts, at, level) for at in range(len(parts))])


def decoding_differences(
    headline: PairedOutcomes, others: Sequence[PairedOutcomes]
) -> tuple[GainDifference, ...]:
    """Set the gain under every other decoding against the headline's, question by id.

    The mean over a question's samples counts, however many each decoding has.
    """
    here, ids = question_gains(headline), list(dict.fromkeys(headline.question_ids))
    level = headline.confidence_level
    differences = []
    for other in others:
        gains = dict(zip(dict.fromkeys(other.question_ids), question_gains(other), strict=True))
        differences.append(gain_difference([gains[i] for i in ids], here, level))
    return _adjusted(differences)


def _alone(parts: Sequence[Gains], at: int, level: float) -> GainDifference:
    rest = [part for i, part in enumerate(parts) if i != at]
    others = [[gain for row in rows for gain in row] for rows in zip(*rest, strict=True)]
    # as many copies as there are others: the difference of sums is then that from their mean
    alone = [row * len(rest) for row in parts[at]]
    return gain_difference(alone, others, level)


def _adjusted(differences: Sequence[GainDifference]) -> tuple[GainDifference, ...]:
    if not differences:
        return ()
    adjusted = holm([difference.exact for difference in differences])
    return tuple(
        replace(difference, adjusted=p) for difference, p in zip(differences, adjusted, strict=True)
    )
