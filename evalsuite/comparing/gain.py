"""The gain on one set of paired rows, with its interval and exact p-value.

With one answer a question the row is the unit: Tango's interval and McNemar's exact test. With
several answers a question the question is the unit, because its answers hang together: the
t interval of per-question mean differences and the sign-flip permutation test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.records.comparison import Interval, Table
from evalsuite.stats import (
    cluster_difference,
    difference_interval,
    mcnemar,
    proportion_interval,
)
from evalsuite.stats.several.clusters import t_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PairedGain", "accuracy_interval", "paired_gain", "table_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedGain:
    """Accuracy of trained minus accuracy of base on the same rows."""

    table: Table
    estimate: float
    interval: Interval
    """-1 to 1 where every question's several answers differ alike and show no spread."""
    exact: float
    """Two-sided; McNemar's exact p, or the sign-flip p where questions have several answers."""
    mid_p: float
    """McNemar's mid-p; equal to ``exact`` where questions have several answers."""
    method: str
    """``tango`` or ``cluster-t``."""


def paired_gain(
    base: Sequence[bool],
    trained: Sequence[bool],
    question_ids: Sequence[str],
    *,
    confidence_level: float = 0.95,
) -> PairedGain:
    """Estimate and test the gain on paired rows.

    Parameters
    ----------
    base, trained
        Whether each row's answer is right.
    question_ids
        The question of each row; a question's rows stand together.
    confidence_level
        Of the interval.

    Returns
    -------
    PairedGain
    """
    table = table_of(base, trained)
    n = len(question_ids)
    n_questions = len(set(question_ids))
    if n_questions == n:
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
        )
    samples = n // n_questions
    clustered = cluster_difference(
        _by_question(base, samples),
        _by_question(trained, samples),
        confidence_level=confidence_level,
    )
    return PairedGain(
        table=table,
        estimate=clustered.estimate,
        interval=clustered.interval or Interval(low=-1.0, high=1.0),
        exact=clustered.sign_flip.pvalue,
        mid_p=clustered.sign_flip.pvalue,
        method="cluster-t",
    )


def accuracy_interval(
    right: Sequence[bool], question_ids: Sequence[str], *, confidence_level: float = 0.95
) -> Interval:
    """Give the interval of one model's accuracy.

    Parameters
    ----------
    right
        Whether each row's answer is right.
    question_ids
        The question of each row; a question's rows stand together.
    confidence_level
        Of the interval.

    Returns
    -------
    Interval
        Wilson's; the t interval of per-question means where questions have several answers.
    """
    n, n_questions = len(right), len(set(question_ids))
    if n_questions == n:
        wilson = proportion_interval(sum(right), n, confidence_level=confidence_level)
        return Interval(low=wilson.low, high=wilson.high)
    means = np.array(_by_question(right, n // n_questions)).mean(axis=1)
    found = t_interval(means, confidence_level)
    if found is None:
        return Interval(low=0.0, high=1.0)
    return Interval(low=max(found.low, 0.0), high=min(found.high, 1.0))


def table_of(base: Sequence[bool], trained: Sequence[bool]) -> Table:
    """Count the paired 2x2 table.

    Parameters
    ----------
    base, trained
        Whether each row's answer is right.

    Returns
    -------
    Table
    """
    pairs = list(zip(base, trained, strict=True))
    return Table(
        both=pairs.count((True, True)),
        losses=pairs.count((True, False)),
        gains=pairs.count((False, True)),
        neither=pairs.count((False, False)),
    )


def _by_question(flags: Sequence[bool], samples: int) -> list[list[int]]:
    return [
        [int(flag) for flag in flags[start : start + samples]]
        for start in range(0, len(flags), samples)
    ]
