"""Suite in numbers: the mean gain of several tasks, whether the gains differ, and the lowest.

Everything follows from the comparison of each task. What may be said, the verdict room decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.records.groups.suite import Heterogeneity, LowestTask, MeanGain, Suite
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.stats.several.stratified import mean_of_strata, stratum_of
from evalsuite.stats.several.widened import student_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison, Interval

__all__ = ["suite_of"]


def suite_of(
    comparisons: Sequence[Comparison],
    *,
    alpha: float,
    confidence_level: float,
    base_only: Sequence[str] = (),
    trained_only: Sequence[str] = (),
) -> Suite:
    """Describe two compared tasks or more, by their tables or the means of their questions."""
    strata = [stratum_of(each.gain, each.table) for each in comparisons]
    mean = mean_of_strata(strata, confidence_level=confidence_level)
    equal = mean.equal_gains
    if equal is None:
        raise ValueError("a suite has two tasks or more")
    first = comparisons[0]
    return Suite(
        base=first.base.name,
        trained=first.trained.name,
        n_questions=sum(stratum.n_questions for stratum in strata),
        mean=MeanGain(
            gain=mean.estimate,
            interval=mean.interval,
            exact=mean.pvalue,
            standard_error=mean.standard_error,
            degrees_of_freedom=mean.degrees_of_freedom,
        ),
        heterogeneity=Heterogeneity(
            statistic=equal.statistic,
            numerator=equal.numerator,
            denominator=equal.denominator,
            pvalue=equal.pvalue,
        ),
        lowest=_lowest(comparisons, alpha),
        confidence_level=confidence_level,
        base_only=tuple(base_only),
        trained_only=tuple(trained_only),
    )


def _lowest(comparisons: Sequence[Comparison], alpha: float) -> LowestTask:
    """Pick the lowest gain; the intervals of all tasks at this level hold at once."""
    gains = [comparison.gain.estimate for comparison in comparisons]
    position = int(np.argmin(gains))
    level = 1 - alpha / len(comparisons)
    return LowestTask(
        position=position,
        gain=gains[position],
        interval=_interval_at(comparisons[position], level),
        confidence_level=level,
    )


def _interval_at(comparison: Comparison, level: float) -> Interval:
    table, clusters = comparison.table, comparison.gain.clusters
    if clusters is not None:
        span = (clusters.center, clusters.standard_error, clusters.degrees_of_freedom)
        return student_interval(*span, level)
    return tango_interval(table.losses, table.gains, table.n, level)
