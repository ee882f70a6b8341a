"""Two models, several samples a question: the question is the unit, never the sample.

Answers whether the gain is more than noise, how much of the noise comes from questions and how
much from sampling, and what more of either would buy. Training seeds: see ``training_seeds``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, special

from evalsuite.errors import NotComparableError
from evalsuite.records.comparison import Interval
from evalsuite.stats.answers import as_answers
from evalsuite.stats.arguments import check_fraction, check_level, check_probability
from evalsuite.stats.several.signflip import SignFlip, sign_flip

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ClusterDifference",
    "ClusterPlan",
    "Outlook",
    "VarianceSplit",
    "cluster_difference",
    "detectable_gain",
    "questions_for_gain",
    "t_interval",
]

_FEW_QUESTIONS = 50
_FEW_CHANGED = 20
_FEWEST_RESAMPLED = 20
_LARGEST_LAW = 1 << 22
"""Lattice points of a bootstrap law (32 MiB); only large, unequal sample counts exceed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSplit:
    """Where the variance of a question's difference comes from [Miller 2024, section 3].

    ``total = questions + sampling`` holds exactly. The samples of the two models are taken to be
    independent; where both were drawn with common random numbers, ``sampling`` is too large and
    ``questions`` too small by twice their covariance within a question over the samples.
    """

    total: float
    """Variance over questions of (mean of trained - mean of base)."""
    questions: float
    """Part that no number of samples removes: the gain itself differs between questions."""
    sampling: float
    """Part that vanishes with more samples: base_sampling / k_base + trained_sampling / k_trained,
    or all of ``total`` if that is less."""
    base_sampling: float
    """Variance of one base sample around its question's mean, averaged over questions."""
    trained_sampling: float
    shared_difficulty: float
    """Covariance of the models' question means; pairing removes twice this."""
    truncated: bool
    """The unbiased estimate of ``questions`` was negative and is shown as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Standard errors of the gain that another design would have had.

    Twice the samples and twice the questions cost the same number of answers; twice the
    questions is never worse. Samples are for when there are no more questions.
    """

    now: float
    twice_samples: float
    twice_questions: float
    infinite_samples: float
    """What remains when every question's accuracy is known without error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterDifference:
    """The gain in mean accuracy when every question was answered several times."""

    n_questions: int
    n_changed: int
    """Questions whose difference is not zero."""
    base_samples: int
    trained_samples: int
    base_accuracy: float
    trained_accuracy: float
    estimate: float
    standard_error: float
    confidence_level: float
    interval: Interval | None
    """Student t over questions; None when all differences are equal."""
    bootstrap: Interval | None
    """Percentile interval of the exact bootstrap law over questions; None below 20 questions."""
    sign_flip: SignFlip
    variance: VarianceSplit | None
    """None when a model has one sample a question: sampling noise cannot be told apart."""
    outlook: Outlook | None
    warnings: tuple[str, ...]
    """Why a value is missing or should be read with care."""

    @property
    def pvalue(self) -> float:
        """Two-sided sign-flip p-value."""
        return self.sign_flip.pvalue


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlan:
    """Questions needed to see a gain with several samples a question."""

    gain: float
    variance: float
    """Of one question's difference."""
    power: float
    alpha: float
    n_questions: int


def cluster_difference(
    base: ArrayLike, trained: ArrayLike, *, confidence_level: float = 0.95, seed: int = 0
) -> ClusterDifference:
    """Compare two models that answered the same questions several times.

    The difference d of a question is the trained model's mean minus the base model's. The
    estimate is the mean of d, its standard error sd(d) / sqrt(Q): what clustering on the
    question gives when all questions have equally many samples [1]_. The sign-flip p-value and
    the bootstrap over questions are exact (samples within a question are never resampled); with
    one sample a question they are the exact McNemar test and the trinomial bootstrap.

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
        With ``warnings`` below 50 questions or 20 changed questions, where the t interval may
        not hold its level; trust ``pvalue`` there.

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
    unit = left.shape[1] * right.shape[1]
    differences = steps / unit  # whole-number steps first: ties and the exact laws need a lattice
    variance = _split_variance(left, right, differences)
    interval = t_interval(differences, level)
    bootstrap = _bootstrap_interval(steps, unit, level)
    return ClusterDifference(
        n_questions=len(steps),
        n_changed=int((steps != 0).sum()),
        base_samples=left.shape[1],
        trained_samples=right.shape[1],
        base_accuracy=float(left.mean()),
        trained_accuracy=float(right.mean()),
        estimate=float(steps.sum() / (unit * len(steps))),
        standard_error=math.sqrt(differences.var(ddof=1) / len(steps)),
        confidence_level=level,
        interval=interval,
        bootstrap=bootstrap,
        sign_flip=sign_flip(steps, seed=seed),
        variance=variance,
        outlook=_look_ahead(variance, len(steps)),
        warnings=_warnings(steps, interval, bootstrap, variance),
    )


def questions_for_gain(
    gain: float, variance: float, *, power: float = 0.8, alpha: float = 0.05
) -> ClusterPlan:
    """Give the questions that a two-sided z test needs to see a gain.

    n = (z_(alpha/2) + z_(power))^2 variance / gain^2, where ``variance`` is that of one
    question's difference: ``questions + base_sampling / k_base + trained_sampling / k_trained``
    of a ``VarianceSplit`` [1]_.

    Parameters
    ----------
    gain
        The gain to be seen, a fraction of either sign.
    variance
        Of a question's difference, 0 .. 1.
    power, alpha
        Chance to see it; two-sided false-alarm rate.

    Returns
    -------
    ClusterPlan
        With ``n_questions`` rounded up.

    Raises
    ------
    InvalidInputError
        For a gain of 0 or beyond 1, or a variance, power or alpha outside its range.

    References
    ----------
    .. [1] Miller (2024), arXiv:2411.00640, section 5.

    Examples
    --------
    Miller's own case: 3 points, questions alone with variance 1/9:

    >>> questions_for_gain(0.03, 1 / 9).n_questions
    969
    """
    size = check_fraction(abs(gain), "gain")
    check_probability(variance, "variance")
    power, alpha = check_level(power, "power"), check_level(alpha, "alpha")
    z = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    needed = max(2, math.ceil(max(z, 0.0) ** 2 * variance / size**2 - 1e-9))
    return ClusterPlan(gain=gain, variance=variance, power=power, alpha=alpha, n_questions=needed)


def detectable_gain(
    standard_error: float, n_questions: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Give the gain, a fraction, that a two-sided t test over questions would see with a power.

    It supposes that a gain moves all questions alike. One that moves few of them far adds to the
    spread, which is not known before it is there: then the power at this gain is less.
    """
    freedom = n_questions - 1
    # Student's quantiles, for the spread is estimated: with normal ones the power at 20 questions
    # would be .76, not .80
    quantiles = special.stdtrit(freedom, 1 - alpha / 2) + special.stdtrit(freedom, power)
    return float(quantiles) * standard_error


def t_interval(values: NDArray[np.float64], confidence_level: float) -> Interval | None:
    """Give the Student t interval of the mean of gains, cut to -1 .. 1; one gain a unit.

    None for a single value or without any spread.

    Examples
    --------
    >>> t_interval(np.array([0.25, 0.25]), 0.95) is None
    True
    """
    n = len(values)
    if n < 2 or float(np.ptp(values)) == 0:
        return None
    half = special.stdtrit(n - 1, (1 + confidence_level) / 2) * values.std(ddof=1) / math.sqrt(n)
    mean = float(values.mean())
    return Interval(low=max(-1.0, mean - float(half)), high=min(1.0, mean + float(half)))


def _check_same_questions(base: NDArray[np.int64], trained: NDArray[np.int64]) -> None:
    if len(base) != len(trained):
        raise NotComparableError(
            f"base answered {len(base)} questions and trained {len(trained)}; "
            "give both models' answers to the same questions"
        )
    if len(base) < 2:
        raise NotComparableError("one question has no spread; give at least 2 questions")


def _split_variance(
    base: NDArray[np.int64], trained: NDArray[np.int64], differences: NDArray[np.float64]
) -> VarianceSplit | None:
    if min(base.shape[1], trained.shape[1]) < 2:
        return None
    # the variance within a question with ddof=1 is p (1 - p) k / (k - 1): unbiased
    sigma_base = float(base.var(axis=1, ddof=1).mean())
    sigma_trained = float(trained.var(axis=1, ddof=1).mean())
    sampling = sigma_base / base.shape[1] + sigma_trained / trained.shape[1]
    total = float(differences.var(ddof=1))
    return VarianceSplit(
        total=total,
        questions=max(total - sampling, 0.0),
        sampling=min(sampling, total),
        base_sampling=sigma_base,
        trained_sampling=sigma_trained,
        shared_difficulty=float(np.cov(base.mean(axis=1), trained.mean(axis=1))[0, 1]),
        truncated=sampling > total,
    )


def _look_ahead(variance: VarianceSplit | None, n_questions: int) -> Outlook | None:
    if variance is None:
        return None
    return Outlook(
        now=math.sqrt(variance.total / n_questions),
        twice_samples=math.sqrt((variance.questions + variance.sampling / 2) / n_questions),
        twice_questions=math.sqrt(variance.total / (2 * n_questions)),
        infinite_samples=math.sqrt(variance.questions / n_questions),
    )


def _bootstrap_interval(
    steps: NDArray[np.int64], unit: int, confidence_level: float
) -> Interval | None:
    """Percentile ends, inf{x: F(x) >= q}, of the exact law of a resampled sum of steps."""
    lowest, n = int(steps.min()), len(steps)
    size = (int(steps.max()) - lowest) * n + 1
    if n < _FEWEST_RESAMPLED or size == 1 or size > _LARGEST_LAW:
        return None
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
    interval: Interval | None,
    bootstrap: Interval | None,
    variance: VarianceSplit | None,
) -> tuple[str, ...]:
    n, changed = len(steps), int((steps != 0).sum())
    applies_to = {
        f"only {n} questions: below {_FEW_QUESTIONS} the t interval may miss its level": (
            n < _FEW_QUESTIONS
        ),
        f"only {changed} questions changed: below {_FEW_CHANGED} the t interval is too narrow; "
        "read the sign-flip p-value": changed < _FEW_CHANGED,
        "all questions differ equally: no spread to build an interval from": interval is None,
        f"the bootstrap is not reported below {_FEWEST_RESAMPLED} questions": (
            n < _FEWEST_RESAMPLED
        ),
        "the bootstrap law is too large; give both models equally many samples": (
            bootstrap is None and interval is not None and n >= _FEWEST_RESAMPLED
        ),
        "one sample a question: sampling noise cannot be told from question noise": (
            variance is None
        ),
        "the question part of the variance was estimated below 0 and is shown as 0": (
            variance is not None and variance.truncated
        ),
    }
    return tuple(text for text, applies in applies_to.items() if applies)
