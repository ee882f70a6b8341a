"""The gain on one set of paired rows, with its interval and exact p-value.

With one right or wrong answer a question the row is the unit: Tango's interval and McNemar's exact
test. With several answers a question, or scores between 0 and 1, the question's mean is the unit:
the widened t interval of per-question differences and the sign-flip permutation test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, TypeVar

import numpy as np

from evalsuite.records.comparison import Interval, Table
from evalsuite.records.dataclass import dataclass
from evalsuite.records.gains import Clusters
from evalsuite.stats import (
    cluster_difference,
    difference_interval,
    mcnemar,
    proportion_interval,
)
from evalsuite.stats.several.clusters import score_difference
from evalsuite.stats.several.widened import widened_accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.gains import GainMethod
    from evalsuite.stats import ClusterDifference

__all__ = [
    "CountedColumns",
    "GainColumns",
    "PairedGain",
    "accuracy_interval",
    "by_question",
    "clusters_of",
    "counted_columns",
    "gain_columns",
    "has_partial_scores",
    "paired_gain",
    "table_of",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedGain:
    """Accuracy of trained minus accuracy of base on the same rows."""

    table: Table
    estimate: float
    interval: Interval
    exact: float
    """Two-sided; McNemar's exact p, or the sign-flip p where questions have several answers."""
    mid_p: float
    """McNemar's mid-p; equal to ``exact`` where questions have several answers."""
    method: GainMethod
    """``tango``, ``cluster-t`` with several answers a question, ``score-t`` with partial scores."""
    of_means: ClusterDifference | None
    """The difference of the questions' means; None with one right or wrong answer a question."""

    @property
    def clusters(self) -> Clusters | None:
        """What a record keeps of it."""
        return None if self.of_means is None else clusters_of(self.of_means)


class GainColumns(TypedDict):
    """The fields of a `GainRow`, by keyword."""

    gain: float
    interval: Interval
    exact: float


class CountedColumns(GainColumns):
    """The fields of a `CountedRow`, by keyword."""

    losses: int
    gains: int
    clusters: Clusters | None


def gain_columns(gain: PairedGain) -> GainColumns:
    """Fill what every row of gains has in common."""
    return GainColumns(gain=gain.estimate, interval=gain.interval, exact=gain.exact)


def counted_columns(gain: PairedGain) -> CountedColumns:
    """Fill the same, with the questions lost and gained."""
    return CountedColumns(
        losses=gain.table.losses,
        gains=gain.table.gains,
        clusters=gain.clusters,
        **gain_columns(gain),
    )


def paired_gain(
    base: Sequence[float],
    trained: Sequence[float],
    question_ids: Sequence[str],
    *,
    confidence_level: float = 0.95,
) -> PairedGain:
    """Estimate and test the gain on paired rows, a question's rows standing together.

    Rows are right (1) or wrong (0), or scores between; the table counts full scores as right.
    """
    table = table_of([score == 1 for score in base], [score == 1 for score in trained])
    n = len(question_ids)
    n_questions = len(set(question_ids))
    is_partial = has_partial_scores(base) or has_partial_scores(trained)
    if n_questions == n and not is_partial:
        interval = difference_interval(
            table.both, table.losses, table.gains, table.neither, confidence_level=confidence_level
        )
        return PairedGain(
            table=table,
            estimate=(table.gains - table.losses) / n,
            interval=Interval(low=interval.low, high=interval.high),
            exact=mcnemar(table.losses, table.gains).pvalue,
            mid_p=mcnemar(table.losses, table.gains, method="mid-p").pvalue,
            method="tango",
            of_means=None,
        )
    # samples of one question hang together: counted as rows they would narrow every interval
    of_means = (score_difference if is_partial else cluster_difference)(
        by_question(base, question_ids),
        by_question(trained, question_ids),
        confidence_level=confidence_level,
    )
    return PairedGain(
        table=table,
        estimate=of_means.estimate,
        interval=of_means.interval,
        exact=of_means.sign_flip.pvalue,
        mid_p=of_means.sign_flip.pvalue,
        method="score-t" if is_partial else "cluster-t",
        of_means=of_means,
    )


def clusters_of(difference: ClusterDifference) -> Clusters:
    """Record what the questions say."""
    widened = difference.widened
    return Clusters(
        better=difference.n_better,
        worse=difference.n_worse,
        same=difference.n_questions - difference.n_changed,
        gains=difference.expected_gains,
        losses=difference.expected_losses,
        center=widened.center,
        standard_error=widened.standard_error,
        degrees_of_freedom=widened.degrees_of_freedom,
        pvalue=widened.pvalue,
        skewness=widened.skewness,
    )


def accuracy_interval(
    right: Sequence[float], question_ids: Sequence[str], *, confidence_level: float = 0.95
) -> Interval:
    """Give the interval of one model's accuracy, a question's rows standing together.

    Wilson's; the widened t interval of per-question means where questions have several samples or
    scores lie between 0 and 1.
    """
    n, n_questions = len(right), len(set(question_ids))
    if n_questions == n and not has_partial_scores(right):
        wilson = proportion_interval(int(sum(right)), n, confidence_level=confidence_level)
        return Interval(low=wilson.low, high=wilson.high)
    means = np.array(by_question(right, question_ids), dtype=float).mean(axis=1)
    return widened_accuracy(means, confidence_level=confidence_level)


def table_of(base: Sequence[bool], trained: Sequence[bool]) -> Table:
    """Count the paired 2x2 table from whether each row is right."""
    pairs = list(zip(base, trained, strict=True))
    return Table(
        both=pairs.count((True, True)),
        losses=pairs.count((True, False)),
        gains=pairs.count((False, True)),
        neither=pairs.count((False, False)),
    )


def has_partial_scores(scores: Sequence[float]) -> bool:
    """Tell whether some score is neither right nor wrong."""
    return not {0, 1}.issuperset(scores)


def by_question(column: Sequence[T], question_ids: Sequence[str]) -> list[list[T]]:
    """Lay a column out in one row a question, whose samples stand together."""
    samples = len(question_ids) // len(set(question_ids))
    if samples == 1:
        return [[value] for value in column]
    return [list(column[start : start + samples]) for start in range(0, len(column), samples)]
