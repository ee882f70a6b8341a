"""Power with several samples a question: the gain that shows, and the questions it takes."""

from __future__ import annotations

import math

from scipy import special

from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_fraction, check_level, check_probability

__all__ = ["ClusterPlan", "detectable_gain", "questions_for_gain"]

_HALVINGS = 50
"""Of the range 0 .. 1: to the last digit of a float, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlan:
    """Questions needed to see a gain with several samples a question."""

    gain: float
    variance: float
    """Of one question's difference."""
    power: float
    alpha: float
    n_questions: int


def questions_for_gain(
    gain: float, variance: float, *, power: float = 0.8, alpha: float = 0.05
) -> ClusterPlan:
    """Return the questions that a two-sided z test needs to see a gain.

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
) -> float | None:
    """Return the gain, a fraction, that a claim would see with at least a power; None without one.

    ``standard_error`` is that of the mean difference. A gain may move few questions all the way
    rather than all of them alike; that scatters most, and is allowed for.
    """
    freedom = n_questions + 1
    # Student's quantiles, for the spread is estimated: with normal ones the power at 20 questions
    # would be .76, not .80
    needed = float(special.stdtrit(freedom, 1 - alpha / 2) + special.stdtrit(freedom, power))
    low, high = 0.0, 1.0
    if _widened_ratio(high, standard_error, n_questions) < needed:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_enough = _widened_ratio(middle, standard_error, n_questions) >= needed
        low, high = (low, middle) if is_enough else (middle, high)
    return high


def _widened_ratio(gain: float, standard_error: float, n: int) -> float:
    """Return the widened t of a gain that moves a share of the questions all the way.

    As `widened_gain` has it: one pseudo-loss and one pseudo-gain among the questions.
    """
    variance = n * standard_error**2 + gain * (1 - gain)
    squares = (n - 1) * variance + n * gain**2 + 2
    center = n * gain / (n + 2)
    spread = (squares - (n + 2) * center**2) / (n + 1)
    return center / math.sqrt(spread / (n + 2))
