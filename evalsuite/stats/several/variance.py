"""Variance of a question's difference: how much of it is questions, how much sampling.

And what more of either would have bought. It takes answers, and knows neither tests nor intervals.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Outlook", "VarianceSplit", "outlook_of", "split_variance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSplit:
    """Where the variance of a question's difference comes from [Miller 2024, section 3].

    ``total = questions + sampling`` holds exactly. Samples of equal number may have been drawn with
    common random numbers: their covariance within a question makes the difference less noisy, and
    is taken off. Where they were drawn apart it is 0 on average, and nothing is lost.
    """

    total: float
    """Variance over questions of (mean of trained - mean of base)."""
    questions: float
    """Part that no number of samples removes: the gain itself differs between questions."""
    sampling: float
    """Part that vanishes with more samples: base_sampling / k_base + trained_sampling / k_trained -
    2 common_noise / k, within 0 .. ``total``."""
    base_sampling: float
    """Variance of one base sample around its question's mean, averaged over questions."""
    trained_sampling: float
    shared_difficulty: float
    """Covariance of the models' question means; pairing removes twice this."""
    common_noise: float
    """Covariance, within a question, of the two models' samples of equal number, averaged over
    questions; 0 where the models have different numbers of samples, which pair no samples."""
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
    base: NDArray[np.float64] | NDArray[np.int64],
    trained: NDArray[np.float64] | NDArray[np.int64],
    differences: NDArray[np.float64],
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
    common = _common_noise(base, trained)
    noise = sigma_base / base.shape[1] + sigma_trained / trained.shape[1]
    sampling = max(noise - 2 * common / base.shape[1], 0.0)
    total = float(differences.var(ddof=1))
    return VarianceSplit(
        total=total,
        questions=max(total - sampling, 0.0),
        sampling=min(sampling, total),
        base_sampling=sigma_base,
        trained_sampling=sigma_trained,
        shared_difficulty=float(np.cov(base.mean(axis=1), trained.mean(axis=1))[0, 1]),
        common_noise=common,
        truncated=sampling > total,
    )


def _common_noise(
    base: NDArray[np.float64] | NDArray[np.int64], trained: NDArray[np.float64] | NDArray[np.int64]
) -> float:
    k = base.shape[1]
    if trained.shape[1] != k:
        return 0.0
    before = base - base.mean(axis=1, keepdims=True)
    after = trained - trained.mean(axis=1, keepdims=True)
    return float((before * after).sum() / (k - 1) / len(base))


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
