"""The written table of Gauss-Legendre nodes against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from evalsuite.stats.quadrature import NODES, WEIGHTS


def test_the_table_is_that_of_numpy() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(128)

    np.testing.assert_allclose(NODES, nodes, rtol=0, atol=4e-16)
    np.testing.assert_allclose(WEIGHTS, weights, rtol=1e-12)


@pytest.mark.parametrize("power", [0, 2, 40, 254])
def test_even_powers_below_twice_the_nodes_are_integrated_exactly(power: int) -> None:
    assert WEIGHTS @ NODES**power == pytest.approx(2 / (power + 1), rel=1e-13)
