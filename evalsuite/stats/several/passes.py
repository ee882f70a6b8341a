"""Passes: the gain in one try and in k tries, from several samples a question.

A question's chance to be solved in k tries, or by a vote over k, is estimated without bias from n
samples; the questions are then independent, and whatever the samples leave open is part of their
spread. Whether a gain at k tries is another than in one is a test on every question.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_answers
from evalsuite.stats.arguments import check_count, check_level
from evalsuite.stats.several.signflip import sign_flip
from evalsuite.stats.several.widened import widened_accuracy, widened_gain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalsuite.records.comparison import Interval

__all__ = [
    "GainAtTries",
    "PassCurves",
    "TriesContrast",
    "majority_curves",
    "pass_curves",
    "tries_of",
]

_LATTICE = 720_720 << 10
"""Steps to a difference of 1: the sign-flip test wants whole numbers, and is exact on a short
lattice. 1 .. 16 samples and powers of two divide it, so that one try and all tries have one."""
_SIGN_PATTERNS = 9_999
"""Where the exact law is too long: p is known to .002 at .05, which ten tests a page can afford."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainAtTries:
    """Both models with k tries a question, and their difference."""

    k: int
    base: float
    base_interval: Interval
    trained: float
    trained_interval: Interval
    estimate: float
    """Trained minus base."""
    interval: Interval
    pvalue: float
    """The larger one of the sign-flip test's and Student's: a claim takes both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriesContrast:
    """The gain in one try minus the gain in the most tries, question by question."""

    estimate: float
    interval: Interval
    pvalue: float
    """The larger one of the sign-flip test's and Student's."""
    raised: int
    """Questions on which the gain is larger in one try."""
    lowered: int
    """Questions on which it is larger in the most tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCurves:
    """Gains over the number of tries, from one on."""

    n_questions: int
    n_samples: int
    confidence_level: float
    gains: tuple[GainAtTries, ...]
    """At 1, 2, 4, .. tries, no more than samples; each with its own interval."""
    contrast: TriesContrast | None
    """None for votes: more of them may lower a model's chance, and nothing is claimed of them."""


def tries_of(n_samples: int) -> tuple[int, ...]:
    """Return the powers of two up to the number of samples.

    Parameters
    ----------
    n_samples
        Samples a question.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> tries_of(20)
    (1, 2, 4, 8, 16)
    """
    return tuple(1 << i for i in range(check_count(n_samples, "n_samples", minimum=1).bit_length()))


def pass_curves(
    base: ArrayLike, trained: ArrayLike, *, confidence_level: float = 0.95
) -> PassCurves:
    """Compare the chances that at least one of k answers is right, for k = 1, 2, 4, ...

    A question with c of n samples right counts 1 - C(n - c, k) / C(n, k), without bias [1]_.
    Intervals are Student's t over questions with one pseudo-loss and one pseudo-gain, as in
    `widened_gain`; the samples' own noise is part of the questions' spread.

    Parameters
    ----------
    base, trained
        Right (1) or wrong (0), shape (questions, samples), the same for both.
    confidence_level
        Of every interval.

    Returns
    -------
    PassCurves
        With the gain in one try minus the gain in the most tries, and its test.

    Raises
    ------
    InvalidInputError
        For values other than 0 and 1, or fewer than 2 samples.
    NotComparableError
        If the shapes differ.

    References
    ----------
    .. [1] Chen et al. (2021), arXiv:2107.03374, equation 1.

    Examples
    --------
    Trained solves what base solves now and then, and nothing else:

    >>> base, trained = [[1, 0, 0, 0]] * 30, [[1, 1, 1, 0]] * 30
    >>> curves = pass_curves(base, trained)
    >>> [round(gain.estimate, 2) for gain in curves.gains]
    [0.5, 0.5, 0.0]
    >>> curves.contrast.pvalue < 0.05
    True
    """
    left = as_answers(base, "base", dimensions=2)
    right = as_answers(trained, "trained", dimensions=2)
    _check_alike(left, right)
    ks = tries_of(left.shape[1])
    before, after = _passes(left, ks), _passes(right, ks)
    curves = _curves(before, after, ks, left.shape[1], confidence_level)
    gain = after - before
    # within -1 .. 1, as more tries lower neither model's chance
    return replace(curves, contrast=_contrast(gain[0] - gain[-1], curves.confidence_level))


def majority_curves(
    base: ArrayLike,
    trained: ArrayLike,
    *,
    rng: np.random.Generator,
    n_draws: int = 32,
    confidence_level: float = 0.95,
) -> PassCurves:
    """Compare the chances that a vote over k answers is right, for k = 1, 2, 4, ...

    The answer given most often wins [1]_; of several given equally often each wins with the same
    chance. Every question's chance is the mean over ``n_draws`` random choices of k of its samples,
    which is unbiased for any number of draws; what the draws add to the noise is in the intervals.

    Parameters
    ----------
    base, trained
        What each sample votes for, shape (questions, samples), the same for both: 0 the right
        answer, 1, 2, .. the wrong ones of its question, -1 none.
    rng
        Chooses the samples.
    n_draws
        Orders of the samples that are drawn; all samples together need none.
    confidence_level
        Of every interval.

    Returns
    -------
    PassCurves

    Raises
    ------
    InvalidInputError
        For a vote that is no whole number from -1 on, or fewer than 2 samples.
    NotComparableError
        If the shapes differ.

    References
    ----------
    .. [1] Wang et al. (2023), Self-consistency improves chain of thought reasoning, ICLR,
       arXiv:2203.11171.

    Examples
    --------
    Two of five answers are right and the wrong ones scatter, so that the vote finds the right one:

    >>> votes = [[0, 0, 1, 2]] * 30
    >>> curves = majority_curves([[0, 1, 1, 1]] * 30, votes, rng=np.random.default_rng(0))
    >>> curves.gains[0].estimate, curves.gains[-1].estimate
    (0.25, 1.0)
    """
    left, right = _as_votes(base, "base"), _as_votes(trained, "trained")
    _check_alike(left, right)
    draws = check_count(n_draws, "n_draws", minimum=1)
    ks = tries_of(left.shape[1])
    before, after = (_majorities(votes, ks, rng, draws) for votes in (left, right))
    return _curves(before, after, ks, left.shape[1], confidence_level)


def _passes(answers: NDArray[np.int64], ks: tuple[int, ...]) -> NDArray[np.float64]:
    """Return each question's chance at every k, shape (ks, questions)."""
    n = answers.shape[1]
    # whole numbers until the last step: C(64, 32) has no room in a float
    chances = [[1 - math.comb(n - c, k) / math.comb(n, k) for c in range(n + 1)] for k in ks]
    return np.array(chances)[:, answers.sum(axis=1)]


def _majorities(
    votes: NDArray[np.int64], ks: tuple[int, ...], rng: np.random.Generator, n_draws: int
) -> NDArray[np.float64]:
    """Return each question's chance at every k, shape (ks, questions)."""
    votes = _by_count(votes)
    questions, n = votes.shape
    means = [np.zeros(questions) for _ in ks]
    for at, k in enumerate(ks):
        # these two are known without a draw
        if k == 1:
            means[at] = (votes == 0).mean(axis=1)
        elif k == n:
            means[at] = _won(votes)
    for _ in range(n_draws):
        order = rng.permuted(votes, axis=1)
        for at, k in enumerate(ks):
            if 1 < k < n:
                means[at] += _won(order[:, :k]) / n_draws
    return np.array(means)


def _by_count(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Lay out every row by its counts alone: how samples are numbered then changes no draw.

    The right ones first, then the wrong answers from the most frequent on, then none.
    """
    rows = []
    for row in votes:
        wrong = np.sort(np.unique(row[row > 0], return_counts=True)[1])[::-1]
        labels = np.arange(len(wrong) + 2)
        counts = [(row == 0).sum(), *wrong, (row < 0).sum()]
        rows.append(np.repeat([*labels[:-1], -1], counts))
    return np.array(rows)


def _won(votes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the right answer's share of the win in every row of votes."""
    answers = int(votes.max(initial=0)) + 1
    cells = np.arange(len(votes))[:, None] * answers + votes
    counts = np.bincount(cells[votes >= 0], minlength=len(votes) * answers)
    counts = counts.reshape(len(votes), answers)
    most = counts.max(axis=1)
    is_won = (counts[:, 0] == most) & (most > 0)
    return np.asarray(is_won / (counts == most[:, None]).sum(axis=1))


def _curves(
    base: NDArray[np.float64],
    trained: NDArray[np.float64],
    ks: tuple[int, ...],
    n_samples: int,
    confidence_level: float,
) -> PassCurves:
    level = check_level(confidence_level, "confidence_level")
    return PassCurves(
        n_questions=base.shape[1],
        n_samples=n_samples,
        confidence_level=level,
        gains=tuple(
            _gain_at(k, before, after, level)
            for k, before, after in zip(ks, base, trained, strict=True)
        ),
        contrast=None,
    )


def _gain_at(
    k: int, base: NDArray[np.float64], trained: NDArray[np.float64], level: float
) -> GainAtTries:
    estimate, interval, pvalue = _tested(trained - base, level)
    return GainAtTries(
        k=k,
        base=float(base.mean()),
        base_interval=widened_accuracy(base, confidence_level=level),
        trained=float(trained.mean()),
        trained_interval=widened_accuracy(trained, confidence_level=level),
        estimate=estimate,
        interval=interval,
        pvalue=pvalue,
    )


def _contrast(differences: NDArray[np.float64], level: float) -> TriesContrast:
    estimate, interval, pvalue = _tested(differences, level)
    # differences of fractions that are equal come out as 1e-17
    steps = np.rint(differences * _LATTICE)
    return TriesContrast(
        estimate=estimate,
        interval=interval,
        pvalue=pvalue,
        raised=int((steps > 0).sum()),
        lowered=int((steps < 0).sum()),
    )


def _tested(differences: NDArray[np.float64], level: float) -> tuple[float, Interval, float]:
    """Return mean, interval and p-value of differences, one a question."""
    gain = widened_gain(np.clip(differences, -1.0, 1.0), confidence_level=level)
    steps = np.rint(differences * _LATTICE).astype(np.int64)
    flips = sign_flip(steps, n_draws=_SIGN_PATTERNS)
    return gain.estimate, gain.interval, max(flips.pvalue, gain.pvalue)


def _check_alike(base: NDArray[np.int64], trained: NDArray[np.int64]) -> None:
    if base.shape != trained.shape:
        raise NotComparableError(
            "base has the shape {base_shape}, trained {trained_shape}; give both on the same "
            "questions with as many samples",
            base_shape=base.shape,
            trained_shape=trained.shape,
        )
    if base.shape[1] < 2:
        raise InvalidInputError("one sample a question has one try; give at least 2")


def _as_votes(votes: ArrayLike, name: str) -> NDArray[np.int64]:
    array = np.asarray(votes)
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "iu" or array.min() < -1:
        raise InvalidInputError(
            "{name} is {dtype} of shape {shape}; give a whole number a sample, 0 the right "
            "answer, 1, 2, .. wrong ones, -1 none",
            name=name,
            dtype=array.dtype,
            shape=array.shape,
        )
    return array.astype(np.int64)
