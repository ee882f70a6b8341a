from __future__ import annotations

import math

import pytest
from scipy.stats import multivariate_normal

from evalsuite.errors import InvalidInputError
from evalsuite.stats.sequential.spending import Walk, group_sequential_bounds, spent_by


@pytest.mark.parametrize(
    ("looks", "bounds"),
    [
        # Lan-DeMets O'Brien-Fleming type, two-sided .05, equal looks (ldbounds)
        (1, [1.9600]),
        (2, [2.9626, 1.9686]),
        (3, [3.7103, 2.5114, 1.9930]),
        (5, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
    ],
)
def test_bounds_are_the_published_ones(looks: int, bounds: list[float]) -> None:
    ours = group_sequential_bounds([k / looks for k in range(1, looks + 1)])

    assert ours.bounds == pytest.approx(bounds, abs=1.5e-4)
    assert ours.spent[-1] == pytest.approx(0.05)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_the_bounds_of_three_uneven_looks_spend_what_they_should(alpha: float) -> None:
    """An independent road: the chance to stay inside, by the multivariate normal law."""
    shares = [0.3, 0.5, 1.0]
    bounds = group_sequential_bounds(shares, alpha=alpha).bounds
    for k in (2, 3):
        covariance = [[math.sqrt(min(s, t) / max(s, t)) for t in shares[:k]] for s in shares[:k]]
        law = multivariate_normal(cov=covariance, abseps=1e-8, releps=1e-8, maxpts=2_000_000)
        inside = law.cdf(bounds[:k], lower_limit=[-b for b in bounds[:k]])

        assert 1 - inside == pytest.approx(spent_by(shares[k - 1], alpha), abs=2e-5)


def test_spending_all_of_alpha_happens_at_the_end_alone() -> None:
    assert spent_by(1.0, 0.05) == pytest.approx(0.05)
    assert spent_by(0.2, 0.05) < 2e-6


def test_a_walk_loses_nothing_between_looks() -> None:
    going_on = Walk().at(0.4).inside(((-0.5, 0.2), (0.2, 0.9))).at(1.0)
    here = Walk().at(0.4).mass(-0.5, 0.9, drift=1.3)

    assert going_on.mass(-math.inf, math.inf, drift=1.3) == pytest.approx(here, rel=1e-10)


def test_a_very_early_look_leaves_the_last_bound_where_it_is() -> None:
    assert group_sequential_bounds([0.001, 1.0]).bounds[1] == pytest.approx(1.96, abs=1e-3)


@pytest.mark.parametrize("shares", [[], [0.5, 0.5], [0.0, 1.0], [0.5, 1.1], [1.0, 0.5]])
def test_shares_that_are_no_plan_are_refused(shares: list[float]) -> None:
    with pytest.raises(InvalidInputError, match="increasing shares"):
        group_sequential_bounds(shares)
