"""Self-check of the methods in use at one design, before any response is generated.

For the user's number of questions and assumed truth it gives the coverage of the Tango interval,
the false-alarm rate of the exact McNemar test and its power, by going through the tables
that can occur. It calls the very functions that judge a run.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.special import ndtri

from evalsuite.records.dataclass import dataclass
from evalsuite.seeds import stream
from evalsuite.stats.arguments import check_count, check_level
from evalsuite.stats.binomial import pmf
from evalsuite.stats.paired.tango import tango_score
from evalsuite.stats.planning.exact_power import check_cells, power

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SelfCheck", "self_check"]

_MOST_TABLES = 200_000
"""Tables gone through before drawing takes over (about half a second)."""
_NEGLIGIBLE = 1e-15
"""Probability of a table left out; ``_MOST_TABLES`` of them are 2e-10, and ``left_out`` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """What the methods do at one design point."""

    n: int
    p_loss: float
    p_gain: float
    alpha: float
    confidence_level: float
    coverage: float
    """Chance that the Tango interval holds the true gain."""
    misses_below: float
    """Chance that the whole interval lies below the true gain."""
    misses_above: float
    false_alarm: float
    """Chance of exact p <= alpha if the discordance is the same but nothing has improved."""
    power: float
    """Chance of exact p <= alpha at this truth."""
    method: Literal["enumeration", "simulation"]
    """Of the coverage; false alarm and power are always enumerated."""
    n_tables: int
    """Tables gone through, or drawn."""
    left_out: float
    """Probability of the tables not gone through; 0 for a simulation."""
    monte_carlo_error: float | None
    """Standard error of a simulated coverage; None for enumeration."""
    seed: int | None


def self_check(
    n: int,
    p_loss: float,
    p_gain: float,
    *,
    alpha: float = 0.05,
    confidence_level: float = 0.95,
    n_simulations: int = 20_000,
    seed: int = 0,
) -> SelfCheck:
    """Check interval and test at one design by exact enumeration, or by simulation if too large.

    Neither method looks at how many questions both models get right or wrong, so the base rate
    enters only through ``p_loss`` and ``p_gain``.

    Parameters
    ----------
    n
        Questions.
    p_loss, p_gain
        Assumed share of questions that only base (only trained) answers correctly.
    alpha
        Level of the exact test.
    confidence_level
        Level of the Tango interval.
    n_simulations
        Tables drawn when enumeration is too large (n in the thousands).
    seed
        Root seed of those draws.

    Returns
    -------
    SelfCheck
        Chances in 0 .. 1.

    Raises
    ------
    InvalidInputError
        For a bad count, probability or level.

    References
    ----------
    Duffy (1984), Biometrics 40, 1005-1015, for size and power; Tango (1998), Statistics in
    Medicine 17, 891-908, for the interval that is checked.

    Examples
    --------
    >>> check = self_check(200, 0.05, 0.25)
    >>> round(check.coverage, 3), round(check.power, 3)
    (0.95, 1.0)
    """
    n = check_count(n, "n", minimum=1)
    p_loss, p_gain = check_cells(p_loss, p_gain)
    level = check_level(confidence_level, "confidence_level")
    draws = check_count(n_simulations, "n_simulations", minimum=2)
    likely = _likely_tables(n, p_loss, p_gain)
    drawn = likely is None
    tables = _drawn_tables(n, p_loss, p_gain, draws, seed) if likely is None else likely
    below, above = _misses(tables, n, p_gain - p_loss, level)
    total, half = math.fsum(tables.weights), (p_loss + p_gain) / 2
    coverage = total - below - above
    return SelfCheck(
        n=n,
        p_loss=p_loss,
        p_gain=p_gain,
        alpha=alpha,
        confidence_level=level,
        coverage=coverage,
        misses_below=below,
        misses_above=above,
        false_alarm=power(n, half, half, alpha=alpha),
        power=power(n, p_loss, p_gain, alpha=alpha),
        method="simulation" if drawn else "enumeration",
        n_tables=draws if drawn else len(tables.weights),
        left_out=0.0 if drawn else max(0.0, 1 - total),
        monte_carlo_error=math.sqrt(coverage * (1 - coverage) / draws) if drawn else None,
        seed=seed if drawn else None,
    )


class _Tables(NamedTuple):
    losses: NDArray[np.int64]
    gains: NDArray[np.int64]
    weights: NDArray[np.float64]


def _likely_tables(n: int, p_loss: float, p_gain: float) -> _Tables | None:
    """Enumerate all tables but those of negligible probability; None when there are too many."""
    losses = _likely_counts(n, p_loss)
    gains = _likely_counts(n, p_gain)
    if len(losses) * len(gains) > _MOST_TABLES:
        return None
    lost, won = (grid.ravel() for grid in np.meshgrid(losses, gains))
    possible = lost + won <= n
    lost, won = lost[possible], won[possible]
    given = min(1.0, p_gain / (1 - p_loss)) if p_loss < 1 else 0.0
    weights = pmf(lost, n, p_loss) * pmf(won, n - lost, given)
    likely = weights > _NEGLIGIBLE
    return _Tables(lost[likely], won[likely], weights[likely])


def _likely_counts(n: int, probability: float) -> NDArray[np.int64]:
    counts = np.arange(n + 1)
    return counts[pmf(counts, n, probability) > _NEGLIGIBLE]


def _drawn_tables(n: int, p_loss: float, p_gain: float, draws: int, seed: int) -> _Tables:
    rng = stream(seed, "self-check", n)
    alike = max(0.0, 1 - p_loss - p_gain)
    drawn = rng.multinomial(n, [p_loss, p_gain, alike], size=draws)[:, :2]
    tables, counts = np.unique(drawn, axis=0, return_counts=True)
    return _Tables(tables[:, 0], tables[:, 1], counts / draws)


def _misses(tables: _Tables, n: int, gain: float, level: float) -> tuple[float, float]:
    """Weigh the tables whose interval lies below, and above, the true gain."""
    z = -float(ndtri((1 - level) / 2))
    pairs = zip(tables.losses.tolist(), tables.gains.tolist(), strict=True)
    # the true gain lies above an interval exactly where its score is below -z: one score a table
    # instead of two bisections
    scores = np.array([tango_score(gain, lost, won, n) for lost, won in pairs])
    return math.fsum(tables.weights[scores < -z]), math.fsum(tables.weights[scores > z])
