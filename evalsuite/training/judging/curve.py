"""The learning curve of one training: accuracy on held-out questions at every look, with intervals.

Every later look is compared with the first, question by question. The level of these changes is
shared among all looks that were planned, so that they hold together. It does not know how the
answers came about.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass
from evalsuite.stats.paired.difference import difference_interval
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.proportion import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Change", "LookCurve", "LookPoint", "change_between", "log_row", "point_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change since the first look, on the same questions."""

    losses: int
    gains: int
    estimate: float
    low: float
    high: float
    confidence_level: float
    """Of this look alone, so that all planned looks hold together at the curve's level."""
    exact_p: float
    """McNemar's, of this look alone: not adjusted for the number of looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookPoint:
    """One look."""

    step: int
    run: str
    """The run's folder below ``runs/`` beside the curve."""
    n: int
    right: int
    cut_off: int
    accuracy: float
    low: float
    high: float
    """Wilson's interval of this look's accuracy, at the curve's level."""
    change: Change | None
    """None for the first look, and where the first one is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookCurve:
    """All looks of one training so far; ``curve.json``."""

    task: str
    split: str
    prompt: str
    max_new_tokens: int
    n_questions: int
    confidence_level: float
    looks_planned: int
    """After the first."""
    points: tuple[LookPoint, ...] = ()
    stopped_at: int | None = None
    """The step of the look that ended the training; None where none did."""
    notes: tuple[str, ...] = field(default=())
    schema: int = 1


def point_of(
    step: int,
    run: str,
    outcomes: Sequence[bool],
    *,
    cut_off: int,
    confidence_level: float,
    change: Change | None,
) -> LookPoint:
    """Summarise one look; outcomes are in the order of the questions."""
    interval = proportion_interval(sum(outcomes), len(outcomes), confidence_level=confidence_level)
    return LookPoint(
        step=step,
        run=run,
        n=len(outcomes),
        right=sum(outcomes),
        cut_off=cut_off,
        accuracy=sum(outcomes) / len(outcomes),
        low=interval.low,
        high=interval.high,
        change=change,
    )


def change_between(
    first: Sequence[bool], now: Sequence[bool], *, looks: int, confidence_level: float
) -> Change:
    """Compare two looks question by question, at a level shared among so many looks.

    Examples
    --------
    >>> change = change_between([True] * 9, [False] * 9, looks=5, confidence_level=0.95)
    >>> change.losses, change.estimate, round(change.confidence_level, 9), change.high < 0
    (9, -1.0, 0.99, True)
    """
    pairs = list(zip(first, now, strict=True))
    losses, gains = pairs.count((True, False)), pairs.count((False, True))
    both, neither = pairs.count((True, True)), pairs.count((False, False))
    # Bonferroni: whoever looks often would otherwise see a change sooner or later.
    level = 1 - (1 - confidence_level) / max(1, looks)
    interval = difference_interval(both, losses, gains, neither, confidence_level=level)
    return Change(
        losses=losses,
        gains=gains,
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        confidence_level=level,
        exact_p=mcnemar(losses, gains).pvalue,
    )


def log_row(
    step: int, outcomes: Sequence[bool], change: Change | None, *, confidence_level: float
) -> dict[str, float]:
    """Write a look as a row of the training's log, with the interval of its accuracy.

    Examples
    --------
    >>> row = log_row(0, [True, False], None, confidence_level=0.95)
    >>> row["heldout/accuracy"], row["heldout/n"], round(row["heldout/low"], 2)
    (0.5, 2, 0.09)
    """
    n_right, n = sum(outcomes), len(outcomes)
    interval = proportion_interval(n_right, n, confidence_level=confidence_level)
    row: dict[str, float] = {
        "step": step,
        "heldout/accuracy": n_right / n,
        "heldout/low": interval.low,
        "heldout/high": interval.high,
        "heldout/n": n,
    }
    if change is None:
        return row
    return row | {
        "heldout/start": (n_right - change.gains + change.losses) / n,
        "heldout/change": change.estimate,
        "heldout/change_low": change.low,
        "heldout/change_high": change.high,
    }
