from __future__ import annotations

import itertools

import numpy as np
import pytest

from evalsuite.stats.planning.gain_law import gain_range


@pytest.mark.parametrize(("p_loss", "p_gain"), [(0.1, 0.1), (0.05, 0.25), (0.0, 0.4), (0.3, 0.1)])
@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_range_is_that_of_all_outcomes_enumerated(p_loss: float, p_gain: float, n: int) -> None:
    law: dict[int, float] = {}
    chances = {-1: p_loss, 0: 1 - p_loss - p_gain, 1: p_gain}
    for outcome in itertools.product(chances, repeat=n):
        law[sum(outcome)] = law.get(sum(outcome), 0) + float(np.prod([chances[o] for o in outcome]))
    cumulative = dict(zip(sorted(law), np.cumsum([law[k] for k in sorted(law)]), strict=True))

    found = gain_range(p_loss, p_gain, n)

    low = min(k for k, c in cumulative.items() if c >= 0.025)
    high = min(k for k, c in cumulative.items() if c >= 0.975 - 1e-12)
    assert (round(found.low * n), round(found.high * n)) == (low, high)


def test_range_of_models_that_never_differ_is_a_point() -> None:
    found = gain_range(0.0, 0.0, 100)

    assert (found.low, found.high) == (0.0, 0.0)


def test_range_of_a_large_run_is_the_normal_one() -> None:
    """For n = 1,319 the exact law and its normal approximation agree within two questions."""
    p_loss, p_gain, n = 132 / 1319, 171 / 1319, 1319
    spread = 1.959964 * np.sqrt((p_loss + p_gain - (p_gain - p_loss) ** 2) / n)

    found = gain_range(p_loss, p_gain, n)

    assert abs(found.low - (p_gain - p_loss - spread)) < 2 / n
    assert abs(found.high - (p_gain - p_loss + spread)) < 2 / n
