"""Exact power of McNemar's tests, by enumeration.

The number of discordant questions is binomial, and given it so is the number of losses; power is
the probability of the critical region, summed, without simulation or normal approximation.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, cast

import numpy as np
from scipy.special import betainc, ndtri

from evalsuite.errors import InvalidInputError
from evalsuite.stats.arguments import check_choice, check_count, check_level, check_probability
from evalsuite.stats.binomial import pmf

__all__ = ["PlanningTest", "critical_losses", "power"]

PlanningTest = Literal["exact", "mid-p"]


def power(
    n: int,
    p_loss: float,
    p_gain: float,
    *,
    alpha: float = 0.05,
    test: PlanningTest = "exact",
) -> float:
    """Return the probability that the test rejects, in either direction.

    Duffy's exact enumeration [1]_: m ~ Bin(n, p_loss + p_gain), losses given m binomial.

    Parameters
    ----------
    n
        Questions, at least 1.
    p_loss, p_gain
        Probability that a question is answered correctly by base only, by trained only.
    alpha
        Two-sided level of the test.
    test
        ``exact`` or ``mid-p``.

    Returns
    -------
    float
        The size of the test when p_loss equals p_gain.

    Raises
    ------
    InvalidInputError
        For a bad count, probability, level or test, or probabilities that sum to more than 1.

    References
    ----------
    .. [1] Duffy (1984), Biometrics 40, 1005-1015.

    Examples
    --------
    With 5 questions no truth can be shown; 91 show 20% -> 40% of independent answers:

    >>> power(5, 0.0, 1.0)
    0.0
    >>> round(power(91, 0.12, 0.32), 3)
    0.801
    """
    n = check_count(n, "n", minimum=1)
    p_loss, p_gain = check_cells(p_loss, p_gain)
    alpha = check_level(alpha, "alpha")
    test = cast("PlanningTest", check_choice(test, "test", ("exact", "mid-p")))
    return rejection_probability(n, p_loss, p_gain, alpha, test)


def check_cells(p_loss: object, p_gain: object) -> tuple[float, float]:
    """Return the two discordant probabilities, loss then gain, which may sum to at most 1."""
    p_loss = check_probability(p_loss, "p_loss")
    p_gain = check_probability(p_gain, "p_gain")
    if p_loss + p_gain > 1 + 1e-12:
        raise InvalidInputError(
            "p_loss + p_gain is {total:.6g}, but the two exclude each other and sum to at most 1; "
            "lower one of them",
            total=p_loss + p_gain,
        )
    return p_loss, p_gain


def rejection_probability(
    n: int, p_loss: float, p_gain: float, alpha: float, test: PlanningTest
) -> float:
    """Compute ``power`` for arguments that are already checked."""
    discordance = min(p_loss + p_gain, 1.0)
    if discordance == 0:
        return 0.0
    m, rejected = _rejections(_likely_counts(n, discordance), p_gain / discordance, alpha, test)
    return min(1.0, float(pmf(m, n, discordance) @ rejected))  # rounding may exceed 1


def rejection_probabilities(
    sizes: np.ndarray, p_loss: float, p_gain: float, alpha: float, test: PlanningTest
) -> np.ndarray:
    """Compute `rejection_probability` of successive sizes, shape (k,), to its 14 digits.

    What rejects given m discordant questions is the same for all of them, and computed once.
    """
    discordance = min(p_loss + p_gain, 1.0)
    if discordance == 0:
        return np.zeros(len(sizes))
    fewest, most = (_likely_counts(int(n), discordance) for n in (sizes[0], sizes[-1]))
    counts = np.arange(fewest[0], most[-1] + 1)
    m, rejected = _rejections(counts, p_gain / discordance, alpha, test)
    n = sizes[:, np.newaxis]
    weights = np.where(m <= n, pmf(np.minimum(m, n), n, discordance), 0.0)
    probabilities: np.ndarray = np.minimum(1.0, weights @ rejected)
    return probabilities


def _rejections(
    m: np.ndarray, share: float, alpha: float, test: PlanningTest
) -> tuple[np.ndarray, np.ndarray]:
    """Give the counts that can reject, and how likely each does, gains being ``share`` of them."""
    critical = _critical_among(m, alpha, test)
    m, critical = m[critical >= 0], critical[critical >= 0]
    return m, _at_most(critical, m, 1 - share) + _at_most(critical, m, share)


def _critical_among(m: np.ndarray, alpha: float, test: PlanningTest) -> np.ndarray:
    """Return `critical_losses` at successive numbers of discordant questions."""
    first, last = int(m[0]), int(m[-1])
    if last < _BLOCK:
        # the table's length is the next power of two, so that a search over n shares a few tables
        table: np.ndarray = critical_losses(1 << last.bit_length(), alpha, test)
        return table[m]  # type: ignore[no-any-return]  # an index array gives an array
    # of a million questions only some thousand counts are likely: not all that are below them
    numbers = range(first // _BLOCK, last // _BLOCK + 1)
    blocks = np.concatenate([_block(number, alpha, test) for number in numbers])
    return blocks[m - numbers[0] * _BLOCK]  # type: ignore[no-any-return]  # likewise


_BLOCK = 1 << 13


@lru_cache(maxsize=64)
def _block(number: int, alpha: float, test: PlanningTest) -> np.ndarray:
    return _critical(np.arange(number * _BLOCK, (number + 1) * _BLOCK), alpha, test)


@lru_cache(maxsize=64)
def critical_losses(limit: int, alpha: float, test: PlanningTest) -> np.ndarray:
    """Give, for each number of discordant questions, the most losses that still reject.

    Entry m of ``limit + 1``; -1 where no outcome of m discordant questions rejects.

    Examples
    --------
    >>> critical_losses(20, 0.05, "exact")[[5, 6, 9, 12, 15, 17, 20]].tolist()
    [-1, 0, 1, 2, 3, 4, 5]
    """
    return _critical(np.arange(limit + 1), alpha, test)


def _critical(m: np.ndarray, alpha: float, test: PlanningTest) -> np.ndarray:
    guess = np.floor((m - 1 + ndtri(alpha / 2) * np.sqrt(m)) / 2)
    critical: np.ndarray = np.clip(guess, -1, (m + 1) // 2 - 1).astype(int)
    while True:  # a normal law is hardly ever off by more than one
        grows = (2 * (critical + 1) < m) & (_pvalues(critical + 1, m, test) <= alpha)
        falls = (critical >= 0) & (_pvalues(critical, m, test) > alpha)
        if not (grows | falls).any():
            break
        critical += grows.astype(int) - falls
    critical.flags.writeable = False  # it is shared by every later call
    return critical


def _pvalues(losses: np.ndarray, m: np.ndarray, test: PlanningTest) -> np.ndarray:
    """Two-sided p-values for losses < m / 2; anything for the impossible -1."""
    k = np.maximum(losses, 0)
    pvalues: np.ndarray = 2 * betainc(np.maximum(m - k, 1), k + 1, 0.5)
    if test == "mid-p":
        pvalues -= pmf(np.minimum(k, m), m, 0.5)
    return pvalues


def _at_most(k: np.ndarray, m: np.ndarray, probability: float) -> np.ndarray:
    # P(X <= k) of Bin(m, p) as an incomplete beta integral: one call for all m, exact in the tail
    return np.asarray(betainc(m - k, k + 1, 1 - probability))


def _likely_counts(n: int, probability: float) -> np.ndarray:
    """Return every count but those beyond eight standard deviations, which hold less than 1e-14."""
    # 20 more, because a law of few expected counts has a Poisson's tail, longer than a normal's
    spread = 8 * (n * probability * (1 - probability)) ** 0.5 + 20
    low = max(0, int(n * probability - spread))
    return np.arange(low, min(n, int(n * probability + spread)) + 1)
