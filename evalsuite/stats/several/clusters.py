"""Two models, several samples a question: the question is the unit, never the sample.

Answers whether the gain is more than noise. Where the noise comes from: see ``variance``; training
seeds: see ``training_seeds``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import NotComparableError
from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_answers, as_scores
from evalsuite.stats.arguments import check_level
from evalsuite.stats.several.signflip import SignFlip, sign_flip, whole_steps
from evalsuite.stats.several.variance import (
    Outlook,
    VarianceSplit,
    outlook_of,
    split_variance,
)
from evalsuite.stats.several.widened import WidenedGain, widened_gain

if TYPE_CHECKING:
    from collections.abc import Sized

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ClusterDifference", "cluster_difference", "score_difference"]

_FEW_QUESTIONS = 50
_FEW_CHANGED = 20
_FEWEST_RESAMPLED = 20
_LARGEST_LAW = 1 << 22
"""Lattice points of a bootstrap law (32 MiB); only large, unequal sample counts exceed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterDifference:
    """The gain in mean accuracy when every question was answered several times."""

    n_questions: int
    n_better: int
    """Questions on which trained's mean is the higher one."""
    n_worse: int
    expected_gains: float
    """Questions that only trained answers, in expectation over one sample each: the sum of
    (1 - base's mean) times trained's mean. However samples are numbered, it is the same."""
    expected_losses: float
    """The reverse; gains minus losses over all questions is the estimate."""
    base_samples: int
    trained_samples: int
    base_accuracy: float
    trained_accuracy: float
    estimate: float
    standard_error: float
    confidence_level: float
    widened: WidenedGain
    """Student t over questions, with one pseudo-loss and one pseudo-gain."""
    bootstrap: Interval | None
    """Percentile interval of the exact bootstrap law over questions; None below 20 questions."""
    sign_flip: SignFlip
    variance: VarianceSplit | None
    """None when a model has one sample a question: sampling noise cannot be told apart."""
    outlook: Outlook | None
    warnings: tuple[str, ...]
    """Why a value is missing or should be read with care."""

    @property
    def interval(self) -> Interval:
        """The widened interval."""
        return self.widened.interval

    @property
    def n_changed(self) -> int:
        """Questions whose difference is not zero."""
        return self.n_better + self.n_worse

    @property
    def pvalue(self) -> float:
        """Two-sided sign-flip p-value."""
        return self.sign_flip.pvalue


def cluster_difference(
    base: ArrayLike, trained: ArrayLike, *, confidence_level: float = 0.95, seed: int = 0
) -> ClusterDifference:
    """Compare two models that answered the same questions several times.

    The difference d of a question is the trained model's mean minus the base model's. The
    estimate is the mean of d, its standard error sd(d) / sqrt(Q): what clustering on the
    question gives when all questions have equally many samples [1]_. The interval is that of
    `widened_gain`: with few changed questions the plain one is too narrow. The sign-flip p-value
    is exact if, without a gain, a question is as likely to move up as down by the same amount; a
    claim should need both, the test and an interval that leaves out 0. With one sample a question
    the test is McNemar's exact one, and the bootstrap the trinomial bootstrap.

    Parameters
    ----------
    base, trained
        Correctness, questions x samples, the same questions in the same order; the number of
        samples may differ between the models.
    confidence_level
        Of both intervals.
    seed
        Root seed, used only if the exact sign-flip law is too large (unequal, large sample
        counts).

    Returns
    -------
    ClusterDifference
        With ``warnings`` below 50 questions or 20 changed questions.

    Raises
    ------
    InvalidInputError
        For values other than 0 and 1, ragged or empty arrays.
    NotComparableError
        If the numbers of questions differ or there is only one question.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640.

    Examples
    --------
    >>> gain = cluster_difference([[0, 1], [0, 0], [1, 1]], [[1, 1], [0, 1], [1, 1]])
    >>> gain.estimate, gain.pvalue
    (0.3333333333333333, 0.5)
    """
    level = check_level(confidence_level, "confidence_level")
    left = as_answers(base, "base", dimensions=2)
    right = as_answers(trained, "trained", dimensions=2)
    _check_same_questions(left, right)
    steps = left.shape[1] * right.sum(axis=1) - right.shape[1] * left.sum(axis=1)
    # whole-number steps first: ties and the exact laws need a lattice
    return _difference(left, right, steps, left.shape[1] * right.shape[1], level=level, seed=seed)


def score_difference(
    base: ArrayLike, trained: ArrayLike, *, confidence_level: float = 0.95, seed: int = 0
) -> ClusterDifference:
    """Compare scores between 0 and 1, questions x samples, as `cluster_difference` does answers.

    ``expected_gains`` and ``expected_losses`` are then the points gained on the questions that went
    up and lost on those that went down. Differences finer than a ten-thousandth are rounded to it
    for the sign-flip test alone.

    Raises
    ------
    InvalidInputError
        For a score outside 0 .. 1, ragged or empty arrays.
    NotComparableError
        If the numbers of questions differ or there is only one question.
    """
    level = check_level(confidence_level, "confidence_level")
    left, right = as_scores(base, "base"), as_scores(trained, "trained")
    _check_same_questions(left, right)
    differences = right.mean(axis=1) - left.mean(axis=1)
    steps, unit = whole_steps(differences)
    clustered = _difference(left, right, steps, unit, level=level, seed=seed)
    return replace(
        clustered,
        estimate=float(differences.mean()),
        expected_gains=float(differences[differences > 0].sum()),
        expected_losses=float(-differences[differences < 0].sum()),
    )


def _difference(
    left: NDArray[np.float64] | NDArray[np.int64],
    right: NDArray[np.float64] | NDArray[np.int64],
    steps: NDArray[np.int64],
    unit: int,
    *,
    level: float,
    seed: int,
) -> ClusterDifference:
    """Compare questions x samples, given each question's difference in steps of 1 / ``unit``."""
    differences = steps / unit
    variance = split_variance(left, right, differences)
    bootstrap = _bootstrap_interval(steps, unit, level)
    before, after = left.mean(axis=1), right.mean(axis=1)
    return ClusterDifference(
        n_questions=len(steps),
        n_better=int((steps > 0).sum()),
        n_worse=int((steps < 0).sum()),
        expected_gains=float(((1 - before) * after).sum()),
        expected_losses=float((before * (1 - after)).sum()),
        base_samples=left.shape[1],
        trained_samples=right.shape[1],
        base_accuracy=float(left.mean()),
        trained_accuracy=float(right.mean()),
        estimate=float(steps.sum() / (unit * len(steps))),
        standard_error=math.sqrt(differences.var(ddof=1) / len(steps)),
        confidence_level=level,
        widened=widened_gain(differences, confidence_level=level),
        bootstrap=bootstrap,
        sign_flip=sign_flip(steps, seed=seed),
        variance=variance,
        outlook=outlook_of(variance, len(steps)),
        warnings=_warnings(steps, bootstrap, variance),
    )


def _check_same_questions(base: Sized, trained: Sized) -> None:
    if len(base) != len(trained):
        raise NotComparableError(
            "base answered {n_base} questions and trained {n_trained}; give both models' answers "
            "to the same questions",
            n_base=len(base),
            n_trained=len(trained),
        )
    if len(base) < 2:
        raise NotComparableError("one question has no spread; give at least 2 questions")


def _bootstrap_interval(
    steps: NDArray[np.int64], unit: int, confidence_level: float
) -> Interval | None:
    """Percentile ends, inf{x: F(x) >= q}, of the exact law of a resampled sum of steps."""
    lowest, n = int(steps.min()), len(steps)
    size = (int(steps.max()) - lowest) * n + 1
    if n < _FEWEST_RESAMPLED or size == 1 or size > _LARGEST_LAW:
        return None
    from scipy import fft  # a tenth of the imports of a comparison that has no clusters

    # n-fold convolution by transform: repeated squaring would cost the square of a lattice that is
    # unit times longer than that of single answers, and only the body of the law is read here
    one_draw = np.bincount(steps - lowest) / n
    padded = fft.next_fast_len(size, real=True)
    law = fft.irfft(fft.rfft(one_draw, padded) ** n, padded)[:size]
    cumulative = np.cumsum(law)
    tail = (1 - confidence_level) / 2
    # the transform is exact to about 1e-13; an equal quantile must not be missed by that
    ends = np.searchsorted(cumulative, [tail - 1e-12, 1 - tail - 1e-12])
    low, high = ((int(end) + lowest * n) / (unit * n) for end in ends)
    return Interval(low=low, high=high)


def _warnings(
    steps: NDArray[np.int64],
    bootstrap: Interval | None,
    variance: VarianceSplit | None,
) -> tuple[str, ...]:
    n, changed = len(steps), int((steps != 0).sum())
    applies_to = {
        f"only {n} questions: below {_FEW_QUESTIONS} the sign-flip test may reject too often, "
        "unless questions move evenly both ways; read the interval": n < _FEW_QUESTIONS,
        f"only {changed} questions changed: below {_FEW_CHANGED} the interval is wide by design, "
        "for the sample can't show what the other questions would do": changed < _FEW_CHANGED,
        f"the bootstrap is not reported below {_FEWEST_RESAMPLED} questions": (
            n < _FEWEST_RESAMPLED
        ),
        "the bootstrap law is too large; give both models equally many samples": (
            bootstrap is None and bool(np.ptp(steps)) and n >= _FEWEST_RESAMPLED
        ),
        "one sample a question: sampling noise cannot be told from question noise": (
            variance is None
        ),
        "the question part of the variance was estimated below 0 and is shown as 0": (
            variance is not None and variance.truncated
        ),
    }
    return tuple(text for text, applies in applies_to.items() if applies)
