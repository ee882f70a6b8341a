"""Variance of a question's difference: how much of it is questions, how much sampling.

And what more of either would have bought. It takes answers, and knows neither tests nor intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Outlook", "VarianceSplit", "outlook_of", "split_variance"]


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


def split_variance(
    base: NDArray[np.int64], trained: NDArray[np.int64], differences: NDArray[np.float64]
) -> VarianceSplit | None:
    """Split the variance of per-question differences; None where a model has one sample a question.

    ``base`` and ``trained`` are questions x samples, ``differences`` their means, trained's minus
    base's.
    """
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


def outlook_of(variance: VarianceSplit | None, n_questions: int) -> Outlook | None:
    """Say what the standard error would have been; None where the split is not known."""
    if variance is None:
        return None
    return Outlook(
        now=math.sqrt(variance.total / n_questions),
        twice_samples=math.sqrt((variance.questions + variance.sampling / 2) / n_questions),
        twice_questions=math.sqrt(variance.total / (2 * n_questions)),
        infinite_samples=math.sqrt(variance.questions / n_questions),
    )
