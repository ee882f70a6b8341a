"""Samples of a question, made into one number a question on purpose.

``reduce_samples`` is what McNemar demands before it sees sampled answers; ``pass_at_k`` is the
chance that at least one of k answers is right. Neither knows a second model.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_answers
from evalsuite.stats.arguments import check_choice, check_count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["PassAtK", "ReducedSamples", "pass_at_k", "reduce_samples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReducedSamples:
    """One right-or-wrong a question, and how it was made from several."""

    correct: tuple[bool, ...]
    how: Literal["majority", "first"]
    n_samples: int
    n_ties: int
    """Questions with as many right as wrong samples; ``majority`` counts them wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAtK:
    """The chance that at least one of k answers is right, averaged over questions."""

    n: int
    """Samples a question that were drawn."""
    k: int
    n_questions: int
    estimate: float
    standard_error: float | None
    """Over questions; None for a single question."""


def reduce_samples(answers: ArrayLike, *, how: Literal["majority", "first"]) -> ReducedSamples:
    """Make one right-or-wrong a question out of several samples.

    The two choices answer different questions: ``first`` keeps the accuracy of one sampled
    answer, ``majority`` asks whether more than half of the samples are right, which is more
    extreme than the accuracy on both sides of one half. With an even number of samples a tie
    counts wrong; the number of ties is reported.

    Parameters
    ----------
    answers
        Correctness, questions x samples.
    how
        ``"majority"`` or ``"first"``; there is no default.

    Returns
    -------
    ReducedSamples
        In the order of the questions.

    Raises
    ------
    InvalidInputError
        For values other than 0 and 1, a ragged array, or an unknown ``how``.

    References
    ----------
    Wang et al. (2023), Self-consistency improves chain of thought reasoning, ICLR,
    arXiv:2203.11171: a majority over sampled answers.

    Examples
    --------
    >>> reduce_samples([[1, 0, 1], [0, 0, 1]], how="majority").correct
    (True, False)
    """
    check_choice(how, "how", ("majority", "first"))
    array = as_answers(answers, "answers", dimensions=2)
    n_samples, right = array.shape[1], array.sum(axis=1)
    chosen = 2 * right > n_samples if how == "majority" else array[:, 0] == 1
    return ReducedSamples(
        correct=tuple(chosen.tolist()),
        how=how,
        n_samples=n_samples,
        n_ties=int((2 * right == n_samples).sum()),
    )


def pass_at_k(correct: int | ArrayLike, n: int, k: int) -> PassAtK:
    """Estimate without bias the chance that at least one of k sampled answers is right.

    For a question with c of n samples right this is 1 - C(n - c, k) / C(n, k) [1]_, computed in
    whole numbers. Plugging c / n into 1 - (1 - p)^k instead is biased downwards.

    Parameters
    ----------
    correct
        Right samples of one question, or one count a question.
    n
        Samples a question.
    k
        Answers one may try, at most ``n``.

    Returns
    -------
    PassAtK
        The mean over questions and its standard error over questions.

    Raises
    ------
    InvalidInputError
        If k exceeds n, or a count is no whole number in 0 .. n.

    References
    ----------
    .. [1] Chen et al. (2021), arXiv:2107.03374, equation 1.

    Examples
    --------
    >>> pass_at_k(1, n=4, k=2).estimate
    0.5
    """
    n, k = check_count(n, "n", minimum=1), check_count(k, "k", minimum=1)
    if k > n:
        raise InvalidInputError("k is {k}, but only {n} samples were drawn; lower k", k=k, n=n)
    counts = [check_count(count, "correct") for count in np.atleast_1d(np.asarray(correct))]
    if not counts or max(counts) > n:
        raise InvalidInputError(
            "correct is {most}, but it counts right answers among {n} samples of at least one "
            "question; check n",
            most=max(counts, default=None),
            n=n,
        )
    ways = math.comb(n, k)
    chances = np.array([1 - math.comb(n - count, k) / ways for count in counts])
    spread = float(chances.std(ddof=1)) / math.sqrt(len(counts)) if len(counts) > 1 else None
    return PassAtK(
        n=n,
        k=k,
        n_questions=len(counts),
        estimate=float(chances.mean()),
        standard_error=spread,
    )
