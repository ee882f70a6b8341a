"""The weight of evidence: each rule against the statistics it rests on."""

from __future__ import annotations

from itertools import product

import pytest
from scipy.stats import t as student_t

from evalsuite.records.gains import Clusters
from evalsuite.records.verdict import Policy
from evalsuite.stats import difference_interval, equivalence
from evalsuite.verdict.evidence import cluster_evidence, decide_table, weigh


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


def test_samples_are_equivalent_by_two_one_sided_tests_at_alpha_of_the_family() -> None:
    """Student's own quantiles are the independent road: 1 - alpha / family at each end."""
    clusters = Clusters(
        better=6,
        worse=6,
        same=90,
        gains=3.0,
        losses=3.0,
        center=0.0,
        standard_error=0.01,
        degrees_of_freedom=103,
        pvalue=1.0,
    )
    for alpha, family in product((0.01, 0.05), (1, 4)):
        reach = 0.01 * float(student_t(103).ppf(1 - alpha / family))
        for margin, is_inside in ((reach * 1.001, True), (reach * 0.999, False)):
            policy = Policy(alpha=alpha, margin=margin, family=family)
            adjusted = None if family == 1 else 1.0
            evidence = cluster_evidence(0.0, 1.0, clusters, policy, adjusted=adjusted)

            assert evidence.is_inside is is_inside
            assert weigh(evidence, policy) == ("equivalent" if is_inside else "inconclusive")
