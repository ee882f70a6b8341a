"""The gain with all that is known of base: part and rest of its graded table laid apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.rows import accuracy
from evalsuite.errors import NotComparableError
from evalsuite.records.comparison import Interval
from evalsuite.records.gains import WholeBase
from evalsuite.stats import whole_base_gain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.paired import PairedOutcomes

__all__ = ["gain_with_whole_base"]


def gain_with_whole_base(headline: PairedOutcomes, whole: GradedTable) -> WholeBase:
    """Estimate the gain from the paired questions and base's answers to all others.

    ``whole`` is base's table over more questions than the pair has.

    Raises
    ------
    NotComparableError
        Where an answer of base has no score.
    """
    columns = whole.at(headline.max_new_tokens)
    if not columns.is_scored(columns.decides):
        raise NotComparableError(
            "some answers of {model} to the questions that trained did not answer have no score "
            "by {decides!r}; leave out --use-all-of-base",
            model=whole.run.spec.model.name,
            decides=columns.decides,
        )
    ids = [response.question_id for response in whole.responses]
    known = _means(ids, columns.points())
    base = _means(headline.question_ids, headline.base.points())
    trained = _means(headline.question_ids, headline.trained.points())
    elsewhere = [mean for question_id, mean in known.items() if question_id not in base]
    gain = whole_base_gain(
        list(base.values()),
        list(trained.values()),
        elsewhere,
        confidence_level=headline.confidence_level,
    )
    return WholeBase(
        n=gain.n,
        n_whole=gain.n_whole,
        base=accuracy(list(base.values())),
        base_elsewhere=accuracy(elsewhere),
        slope=gain.slope,
        gain=gain.estimate,
        interval=Interval(low=gain.interval.low, high=gain.interval.high),
        exact=gain.pvalue,
        interval_on_split=Interval(
            low=gain.interval_on_split.low, high=gain.interval_on_split.high
        ),
        worth=gain.worth,
        confidence_level=headline.confidence_level,
    )


def _means(ids: Sequence[str], points: Sequence[float]) -> Mapping[str, float]:
    """Average the scores of each question, in the order in which questions come."""
    scores: dict[str, list[float]] = {}
    for question_id, score in zip(ids, points, strict=True):
        scores.setdefault(question_id, []).append(score)
    return {question_id: sum(values) / len(values) for question_id, values in scores.items()}
