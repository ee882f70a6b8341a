"""Power with several samples a question: the gain that shows, and the questions it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from evalsuite.stats.arguments import check_fraction, check_level, check_probability

__all__ = ["ClusterPlan", "detectable_gain", "questions_for_gain"]


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
