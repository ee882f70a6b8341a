"""Flips that would repeat: the chance that a question was really fixed or broken, from k samples.

A question answered wrong by base and right by trained may be one on which both are right half of
the time. What the whole set of questions shows (how often both models agree with themselves) tells
how far a single question's counts are to be believed: empirical Bayes with beta-binomial counts.
A change that is small beside what the samples can tell is drawn to *unchanged*.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaincinv, betaln, expit, gammaln

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_answers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["FlipChances", "flip_chances"]

_QUANTILES = (np.arange(400) + 0.5) / 400
"""Points of a beta law, equally likely; chances come out to about 1e-3."""

_STARTS = ((0.0, 0.5, 0.5, 0.5, 0.5), (-2.0, 0.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 0.0))
"""Share changed (log odds) and four beta parameters (logs) from which the fit begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipChances:
    """Chances a question, in the order given."""

    fixed: tuple[float, ...]
    """Chance that trained is right more often than base, and not by luck of these samples."""
    broken: tuple[float, ...]
    """Chance that it is right less often."""
    change: tuple[float, ...]
    """Expected change of the chance to be right, drawn towards what all questions show."""
    share_changed: float
    """Estimated share of questions on which the models differ at all."""
    n: int
    samples: tuple[int, int]
    """Samples a question of base and of trained."""


@dataclass(frozen=True, slots=True)
class _Prior:
    """How questions differ: a share is unchanged, the rest got a new chance to be right."""

    changed: float
    base: tuple[float, float]
    trained: tuple[float, float]


def flip_chances(base: ArrayLike, trained: ArrayLike) -> FlipChances:
    """Return the chance that training really fixed or broke each question.

    A question's chance to be right is unchanged with some probability, and then one number for both
    models; else each model has its own. Both numbers come from beta laws; all five parameters are
    fitted to all questions by maximum likelihood, and Bayes's rule gives the chances [1]_.

    Parameters
    ----------
    base, trained
        Shape (questions, samples): right (1) or wrong (0), at least 2 samples a side; the numbers
        of samples may differ.

    Returns
    -------
    FlipChances
        ``fixed`` and ``broken`` leave the rest for *unchanged*.

    Raises
    ------
    InvalidInputError
        For answers of another shape, other questions, or one sample a side: one answer can't tell a
        change from luck.

    References
    ----------
    .. [1] Efron & Morris (1975), JASA 70, 311-319; beta-binomial: Griffiths (1973), Biometrics 29,
       637-648.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> before = rng.beta(0.5, 0.5, size=(400, 1))
    >>> # a quarter of the questions were changed
    >>> after = np.where(np.arange(400)[:, None] < 100, rng.beta(2, 1, size=(400, 1)), before)
    >>> result = flip_chances(rng.random((400, 8)) < before, rng.random((400, 8)) < after)
    >>> bool(abs(sum(result.fixed) - (after > before).sum()) < 20)
    True
    """
    left = as_answers(base, "base", dimensions=2)
    right = as_answers(trained, "trained", dimensions=2)
    if len(left) != len(right):
        raise InvalidInputError(
            "base has {n_base} questions, trained {n_trained}; give both the same questions",
            n_base=len(left),
            n_trained=len(right),
        )
    samples = left.shape[1], right.shape[1]
    if min(samples) < 2:
        raise InvalidInputError(
            "{base_samples} and {trained_samples} samples a question; one answer can't tell a "
            "change from luck, so give at least 2 a side",
            base_samples=samples[0],
            trained_samples=samples[1],
        )
    pairs, where, counts = np.unique(
        np.stack([left.sum(axis=1), right.sum(axis=1)], axis=1),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    rights = _rights(pairs, samples)
    prior = _fit(rights, counts)
    fixed, broken, change = (v[where.ravel()].tolist() for v in _posterior(rights, prior))
    return FlipChances(
        fixed=tuple(fixed),
        broken=tuple(broken),
        change=tuple(change),
        share_changed=prior.changed,
        n=len(left),
        samples=samples,
    )


@dataclass(frozen=True, slots=True)
class _Rights:
    """Pairs of counts that occur, with what no prior changes."""

    base: NDArray[np.int64]
    trained: NDArray[np.int64]
    """Right samples, one entry a pair."""
    samples: tuple[int, int]
    log_ways: NDArray[np.float64]
    """Ways in which the samples could have given each pair."""


def _rights(pairs: NDArray[np.int64], samples: tuple[int, int]) -> _Rights:
    x, y = pairs.T
    return _Rights(x, y, samples, _log_ways(x, samples[0]) + _log_ways(y, samples[1]))


def _fit(rights: _Rights, counts: NDArray[np.int64]) -> _Prior:
    """Find the most likely prior; from a few starts, as the likelihood may have several peaks."""

    def cost(point: NDArray[np.float64]) -> float:
        same, changed = _log_likelihoods(rights, _prior_at(point))
        return -float(counts @ np.logaddexp(same, changed))

    # beyond these a beta law is a point or two points as far as any number of samples can tell
    box = [(-8.0, 8.0)] + [(math.log(0.02), math.log(200.0))] * 4
    from scipy.optimize import minimize  # twice as long to import as the rest of a comparison

    fits = [minimize(cost, start, method="L-BFGS-B", bounds=box) for start in _STARTS]
    return _prior_at(min(fits, key=lambda fit: float(fit.fun)).x)


def _prior_at(point: NDArray[np.float64]) -> _Prior:
    a, b, c, d = (math.exp(value) for value in point[1:])
    return _Prior(changed=float(expit(point[0])), base=(a, b), trained=(c, d))


def _log_likelihoods(
    rights: _Rights, prior: _Prior
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the log chance of each pair of counts, together with *unchanged* and with *changed*."""
    x, y, (k, m), ways = rights.base, rights.trained, rights.samples, rights.log_ways
    (a, b), (c, d) = prior.base, prior.trained
    same = ways + betaln(a + x + y, b + k + m - x - y) - betaln(a, b)
    # a side alone has few different counts, and the fit asks some hundred times
    apart = ways + _of_counts(a, b, k)[x] - betaln(a, b)
    apart = apart + _of_counts(c, d, m)[y] - betaln(c, d)
    return same + math.log1p(-prior.changed), apart + math.log(prior.changed)


def _of_counts(a: float, b: float, samples: int) -> NDArray[np.float64]:
    """Return the log beta function of a law after 0 .. ``samples`` right answers."""
    right = np.arange(samples + 1)
    return np.asarray(betaln(a + right, b + samples - right))


def _log_ways(successes: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(successes + 1) - gammaln(n - successes + 1))


def _posterior(
    rights: _Rights, prior: _Prior
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the chances of fixed and broken and the expected change, for each pair of counts."""
    same, apart = _log_likelihoods(rights, prior)
    changed = expit(apart - same)
    x, y, (k, m) = rights.base, rights.trained, rights.samples
    (a, b), (c, d) = prior.base, prior.trained
    right, where = np.unique(y, return_inverse=True)
    points = betaincinv((c + right)[:, None], (d + m - right)[:, None], _QUANTILES)[where]
    above = betainc((a + x)[:, None], (b + k - x)[:, None], points).mean(axis=1)
    change = (c + y) / (c + d + m) - (a + x) / (a + b + k)
    return changed * above, changed * (1 - above), changed * change
