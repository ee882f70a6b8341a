"""Coverage and mean width of 95% intervals by exact enumeration, and the table they must meet.

The published numbers were computed by other code before this project had any; rows are (n,
scenario), columns the methods in ``METHODS``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import gammaln, xlogy

from evalsuite.records.comparison import Interval, Table
from evalsuite.stats.paired.bayes import posterior_interval
from evalsuite.stats.paired.bootstrap import bca_interval, percentile_interval
from evalsuite.stats.paired.closed_form import (
    bonett_price_interval,
    newcombe_interval,
    wald_interval,
)
from evalsuite.stats.paired.product_law import fay_lumbard_interval
from evalsuite.stats.paired.tango import tango_interval

SCENARIOS = {  # both, losses, gains, neither
    "A": (0.40, 0.10, 0.10, 0.40),
    "B": (0.88, 0.02, 0.02, 0.08),
    "C": (0.15, 0.05, 0.25, 0.55),
    "D": (0.40, 0.15, 0.10, 0.35),
    "E": (0.94, 0.01, 0.02, 0.03),
}
OF_COUNTS = {
    "wald": wald_interval,
    "percentile": percentile_interval,
    "bca": bca_interval,
    "bonett-price": bonett_price_interval,
    "tango": tango_interval,
    "fay-lumbard": fay_lumbard_interval,
    "dirichlet": posterior_interval,
}
METHODS = (
    "wald", "percentile", "bca", "bonett-price", "newcombe", "tango", "fay-lumbard", "dirichlet",
)  # fmt: skip
PUBLISHED: dict[tuple[int, str], tuple[tuple[float, float], ...]] = {
    (5, "A"): (
        (0.986, 0.559),
        (0.986, 0.516),
        (0.986, 0.607),
        (0.999, 0.938),
        (0.993, 0.817),
        (0.999, 0.946),
        (1.000, 1.154),
        (1.000, 0.721),
    ),
    (5, "B"): (
        (1.000, 0.134),
        (1.000, 0.117),
        (1.000, 0.151),
        (1.000, 0.823),
        (1.000, 0.840),
        (1.000, 0.884),
        (1.000, 1.058),
        (1.000, 0.645),
    ),
    (5, "C"): (
        (0.748, 0.711),
        (0.748, 0.657),
        (0.762, 0.745),
        (0.999, 0.988),
        (0.990, 0.872),
        (0.999, 0.968),
        (1.000, 1.190),
        (0.991, 0.756),
    ),
    (5, "D"): (
        (0.694, 0.661),
        (0.535, 0.616),
        (0.535, 0.709),
        (1.000, 0.971),
        (0.992, 0.842),
        (1.000, 0.965),
        (1.000, 1.181),
        (1.000, 0.743),
    ),
    (5, "E"): (
        (0.141, 0.101),
        (0.096, 0.088),
        (0.096, 0.115),
        (1.000, 0.815),
        (1.000, 0.860),
        (1.000, 0.880),
        (1.000, 1.051),
        (1.000, 0.640),
    ),
    (20, "A"): (
        (0.950, 0.370),
        (0.956, 0.361),
        (0.904, 0.374),
        (0.983, 0.425),
        (0.968, 0.392),
        (0.956, 0.447),
        (0.995, 0.503),
        (0.983, 0.390),
    ),
    (20, "B"): (
        (0.999, 0.125),
        (0.999, 0.109),
        (0.990, 0.151),
        (1.000, 0.293),
        (1.000, 0.343),
        (0.999, 0.348),
        (1.000, 0.372),
        (1.000, 0.278),
    ),
    (20, "C"): (
        (0.931, 0.429),
        (0.946, 0.423),
        (0.954, 0.432),
        (0.960, 0.469),
        (0.964, 0.455),
        (0.953, 0.470),
        (0.987, 0.545),
        (0.965, 0.427),
    ),
    (20, "D"): (
        (0.916, 0.416),
        (0.921, 0.409),
        (0.922, 0.416),
        (0.983, 0.458),
        (0.960, 0.428),
        (0.960, 0.473),
        (0.987, 0.536),
        (0.967, 0.418),
    ),
    (20, "E"): (
        (0.455, 0.098),
        (0.332, 0.084),
        (0.326, 0.121),
        (1.000, 0.283),
        (1.000, 0.345),
        (1.000, 0.342),
        (1.000, 0.362),
        (1.000, 0.270),
    ),
    (50, "A"): (
        (0.930, 0.243),
        (0.957, 0.241),
        (0.947, 0.244),
        (0.961, 0.257),
        (0.959, 0.247),
        (0.957, 0.266),
        (0.978, 0.292),
        (0.959, 0.248),
    ),
    (50, "B"): (
        (0.986, 0.099),
        (0.986, 0.095),
        (0.940, 0.112),
        (1.000, 0.148),
        (0.997, 0.172),
        (0.986, 0.172),
        (1.000, 0.181),
        (0.997, 0.147),
    ),
    (50, "C"): (
        (0.946, 0.278),
        (0.954, 0.277),
        (0.958, 0.278),
        (0.958, 0.289),
        (0.955, 0.286),
        (0.952, 0.288),
        (0.979, 0.325),
        (0.955, 0.277),
    ),
    (50, "D"): (
        (0.944, 0.271),
        (0.938, 0.270),
        (0.932, 0.272),
        (0.961, 0.282),
        (0.950, 0.273),
        (0.955, 0.288),
        (0.979, 0.316),
        (0.954, 0.271),
    ),
    (50, "E"): (
        (0.775, 0.081),
        (0.625, 0.076),
        (0.587, 0.095),
        (1.000, 0.138),
        (1.000, 0.171),
        (0.997, 0.164),
        (1.000, 0.172),
        (0.999, 0.138),
    ),
    (200, "A"): (
        (0.948, 0.123),
        (0.956, 0.123),
        (0.954, 0.123),
        (0.954, 0.125),
        (0.951, 0.124),
        (0.951, 0.127),
    ),
    (200, "B"): (
        (0.953, 0.054),
        (0.956, 0.054),
        (0.922, 0.055),
        (0.981, 0.061),
        (0.977, 0.065),
        (0.955, 0.065),
    ),
    (200, "C"): (
        (0.948, 0.141),
        (0.955, 0.141),
        (0.955, 0.141),
        (0.953, 0.142),
        (0.951, 0.142),
        (0.950, 0.142),
    ),
    (200, "D"): (
        (0.949, 0.137),
        (0.956, 0.137),
        (0.955, 0.137),
        (0.954, 0.139),
        (0.950, 0.137),
        (0.951, 0.140),
    ),
    (200, "E"): (
        (0.946, 0.047),
        (0.960, 0.046),
        (0.934, 0.048),
        (0.980, 0.054),
        (0.980, 0.061),
        (0.940, 0.059),
    ),
    (1319, "A"): (
        (0.952, 0.048),
        (0.955, 0.048),
        (0.955, 0.048),
        (0.953, 0.048),
        (0.951, 0.048),
        (0.952, 0.048),
    ),
    (1319, "B"): (
        (0.951, 0.021),
        (0.956, 0.021),
        (0.952, 0.021),
        (0.955, 0.022),
        (0.955, 0.022),
        (0.951, 0.022),
    ),
    (1319, "C"): (
        (0.951, 0.055),
        (0.951, 0.055),
        (0.951, 0.055),
        (0.951, 0.055),
        (0.950, 0.055),
        (0.951, 0.055),
    ),
    (1319, "D"): (
        (0.950, 0.054),
        (0.950, 0.054),
        (0.950, 0.054),
        (0.951, 0.054),
        (0.950, 0.054),
        (0.950, 0.054),
    ),
    (1319, "E"): (
        (0.951, 0.019),
        (0.947, 0.019),
        (0.945, 0.019),
        (0.957, 0.019),
        (0.957, 0.019),
        (0.952, 0.019),
    ),
}


def gain_of(scenario: str) -> float:
    _, losses, gains, _ = SCENARIOS[scenario]
    return gains - losses


@cache
def tables_of_counts(n: int) -> np.ndarray:
    """Every (losses, gains) of n questions, one a row."""
    return np.array([(b, c) for b in range(n + 1) for c in range(n + 1 - b)])


@cache
def full_tables(n: int) -> np.ndarray:
    """Every (both, losses, gains, neither) of n questions, one a row."""
    return np.array(
        [
            (a, b, c, n - a - b - c)
            for a in range(n + 1)
            for b in range(n + 1 - a)
            for c in range(n + 1 - a - b)
        ]
    )


@cache
def intervals(method: str, n: int) -> np.ndarray:
    """Low and high ends for every table of n questions, by the very functions the product uses."""
    if method == "newcombe":
        rows = [newcombe_interval(_table(*row), 0.95) for row in full_tables(n).tolist()]
    else:
        of = OF_COUNTS[method]
        rows = [of(b, c, n, 0.95) for b, c in tables_of_counts(n).tolist()]
    return as_ends(rows)


def as_ends(intervals: list[Interval]) -> np.ndarray:
    return np.array([(interval.low, interval.high) for interval in intervals])


def weights(method: str, n: int, scenario: str) -> np.ndarray:
    """Probability of every table under a scenario."""
    both, losses, gains, neither = SCENARIOS[scenario]
    if method == "newcombe":
        return multinomial(full_tables(n), (both, losses, gains, neither))
    counts = tables_of_counts(n)
    rest = n - counts.sum(axis=1, keepdims=True)
    return multinomial(np.hstack([counts, rest]), (losses, gains, both + neither))


def multinomial(counts: np.ndarray, cells: tuple[float, ...]) -> np.ndarray:
    n = counts[0].sum()
    logs = gammaln(n + 1) - gammaln(counts + 1).sum(axis=1) + xlogy(counts, cells).sum(axis=1)
    chances: np.ndarray = np.exp(logs)
    return chances


def coverage(ends: np.ndarray, weight: np.ndarray, gain: float) -> tuple[float, float, float]:
    """Chance that the gain is covered, that it lies above the interval, and the mean width."""
    slack = 1e-9  # lattice ends that equal the gain cover it
    above = weight[ends[:, 1] < gain - slack].sum()
    below = weight[ends[:, 0] > gain + slack].sum()
    width = float(weight @ (ends[:, 1] - ends[:, 0]))
    return float(weight.sum() - above - below), float(above), width


def _table(both: int, losses: int, gains: int, neither: int) -> Table:
    return Table(both=both, losses=losses, gains=gains, neither=neither)
