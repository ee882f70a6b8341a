"""Curve in numbers: the gain of every checkpoint with bands that hold at once, beside the reward.

All checkpoints answer the questions of one base, so their errors go together. What may be said of
them, the verdict room decides.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.comparing.pairing import pair_tables
from evalsuite.errors import NotComparableError
from evalsuite.records.groups.curve import Curve, Fall, StepRow
from evalsuite.seeds import stream
from evalsuite.stats.several.best_of import best_of
from evalsuite.stats.several.learning_curve import learning_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.paired import Outcomes
    from evalsuite.records.training import TrainingLog

__all__ = ["curve_of", "curve_of_rows"]

REWARDS_AVERAGED = 10
"""Logged steps: one alone is a batch of a few questions, and mostly noise."""


def curve_of(
    base: GradedTable,
    checkpoints: Sequence[GradedTable],
    steps: Sequence[int],
    *,
    alpha: float,
    training: TrainingLog | None = None,
) -> Curve:
    """Describe the checkpoints, which come in order of step, over one base.

    Raises
    ------
    NotComparableError
        If the checkpoints hold different questions or samples.
    """
    pairs = [pair_tables(base, checkpoint) for checkpoint in checkpoints]
    outcomes = [pair.at(base.headline_budget) for pair in pairs]
    samples = len(set(outcomes[0].samples))
    right = np.array([_by_question(each.trained, samples) for each in outcomes])
    return curve_of_rows(
        _by_question(outcomes[0].base, samples),
        right,
        steps,
        names=(base.run.spec.model.name, *(c.run.spec.model.name for c in checkpoints)),
        samples=samples,
        alpha=alpha,
        training=training,
    )


def curve_of_rows(
    base: NDArray[np.float64],
    checkpoints: NDArray[np.float64],
    steps: Sequence[int],
    *,
    names: Sequence[str],
    samples: int = 1,
    alpha: float,
    training: TrainingLog | None = None,
) -> Curve:
    """Describe checkpoints by the share of right answers to every question.

    ``checkpoints`` has shape (checkpoints, questions), in order of step; ``names`` begin with
    base's.
    """
    if any(later <= earlier for earlier, later in pairwise(steps)):
        raise NotComparableError(
            "the checkpoints' steps are {steps}; they must rise", steps=list(steps)
        )
    level, rows = 1 - alpha, checkpoints - base
    gains = learning_curve(rows, steps, rng=stream(0, "curve"), confidence_level=level)
    best = best_of(rows, rng=stream(0, "curve"), confidence_level=level)
    falls = _falls(checkpoints, steps, level)
    return Curve(
        base=names[0],
        n_questions=gains.n,
        samples=samples,
        steps=tuple(
            StepRow(
                step=point.step,
                trained=name,
                gain=point.gain,
                interval=point.interval,
                exact=point.pvalue,
                adjusted=point.adjusted,
                reward=_reward(training, point.step),
                fall=fall,
            )
            for point, name, fall in zip(gains.points, names[1:], falls, strict=True)
        ),
        best=best.index,
        luck=best.luck,
        confidence_level=level,
        rewards_averaged=REWARDS_AVERAGED,
    )


def _falls(
    checkpoints: NDArray[np.float64], steps: Sequence[int], level: float
) -> tuple[Fall | None, ...]:
    """Hold the last checkpoint against every earlier one: a family of its own."""
    if len(steps) < 2:
        return (None,) * len(steps)
    rows = checkpoints[-1] - checkpoints[:-1]
    changes = learning_curve(rows, steps[:-1], rng=stream(0, "falls"), confidence_level=level)
    falls = (
        Fall(gain=p.gain, interval=p.interval, exact=p.pvalue, adjusted=p.adjusted)
        for p in changes.points
    )
    return (*falls, None)


def _reward(training: TrainingLog | None, step: int) -> float | None:
    """Average the last logged rewards up to a step; None where the log holds none."""
    logged = [
        row["reward"]
        for row in (training.steps if training else ())
        if "reward" in row and row.get("step", step + 1) <= step
    ]
    near = logged[-REWARDS_AVERAGED:]
    return sum(near) / len(near) if near else None


def _by_question(side: Outcomes, samples: int) -> NDArray[np.float64]:
    answers = np.array(side.correct, dtype=np.float64).reshape(-1, samples)
    return np.asarray(answers.mean(axis=1))
