"""The weight of evidence: each rule against the statistics it rests on."""

from __future__ import annotations

from itertools import product

import pytest

from evalsuite.records.verdict import Policy
from evalsuite.stats import difference_interval, equivalence
from evalsuite.verdict.evidence import decide_table


@pytest.mark.parametrize("n", [100, 300, 700])
def test_equivalent_is_said_exactly_where_both_one_sided_tests_say_so(n: int) -> None:
    """Every small table, against the two one-sided score tests of the statistics room."""
    policy = Policy()
    decisions = set()
    for losses, gains in product(range(13), repeat=2):
        result = equivalence(
            n - losses - gains, losses, gains, 0, margin=policy.margin, alpha=policy.alpha
        )
        interval = difference_interval(n - losses - gains, losses, gains, 0)
        is_shown = interval.low > 0 or interval.high < 0
        decision = decide_table(losses, gains, n, policy)
        decisions.add(decision)

        assert (decision == "equivalent") == (result.is_equivalent and not is_shown)

    assert "equivalent" in decisions or n == 100
