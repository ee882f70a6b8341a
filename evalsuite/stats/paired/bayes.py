"""The Bayesian view: how probable a gain is, given a flat prior. Never a verdict.

With a Dirichlet(1, 1, 1, 1) prior on the four cells the discordance and the share of gains are
independent beta variables, so every answer is a beta integral: no sampling. The prior alone
already gives a gain probability one half.
"""

from __future__ import annotations

from scipy.special import betainc

from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level, check_table
from evalsuite.stats.paired.product_law import Beta, product_quantile

__all__ = ["PairedPosterior", "paired_posterior", "posterior_interval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedPosterior:
    """What a flat prior on the four cells says after the data."""

    both: int
    losses: int
    gains: int
    neither: int
    estimate: float
    """Posterior mean of the gain, a fraction."""
    low: float
    high: float
    confidence_level: float
    probability_of_gain: float
    """That trained is the more accurate model; one half before any data."""


def paired_posterior(
    both: int, losses: int, gains: int, neither: int, *, confidence_level: float = 0.95
) -> PairedPosterior:
    """Describe the gain under a Dirichlet(1, 1, 1, 1) prior on the four cells.

    Parameters
    ----------
    both, losses, gains, neither
        Questions both models answered correctly, only base, only trained, neither.
    confidence_level
        Probability the equal-tailed interval holds.

    Returns
    -------
    PairedPosterior

    Raises
    ------
    InvalidInputError
        For bad counts or a bad level.

    References
    ----------
    Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section 3.4.

    Examples
    --------
    1 of 5 against 2 of 5, one gain and no loss:

    >>> paired_posterior(1, 0, 1, 3).probability_of_gain
    0.75
    """
    table = check_table(both, losses, gains, neither)
    level = check_level(confidence_level, "confidence_level")
    interval = posterior_interval(table.losses, table.gains, table.n, level)
    return PairedPosterior(
        both=table.both,
        losses=table.losses,
        gains=table.gains,
        neither=table.neither,
        estimate=(table.gains - table.losses) / (table.n + 4),
        low=interval.low,
        high=interval.high,
        confidence_level=level,
        probability_of_gain=float(betainc(table.losses + 1, table.gains + 1, 0.5)),
    )


def posterior_interval(losses: int, gains: int, n: int, confidence_level: float) -> Interval:
    """Return the equal-tailed interval of the gain: discordance times (2 share - 1)."""
    tail = (1 - confidence_level) / 2
    m = losses + gains
    # a Dirichlet law splits into independent betas: two cells each in and out of the discordance
    size, share = Beta(a=m + 2, b=n - m + 2), Beta(a=gains + 1, b=losses + 1)
    return Interval(
        low=product_quantile(tail, size, share), high=product_quantile(1 - tail, size, share)
    )
