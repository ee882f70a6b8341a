"""Claims about the margin: what a table, a clustered interval and a family allow."""

from dataclasses import replace

import pytest

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import Comparison, Interval, Seeds, Table
from evalsuite.records.verdict import Policy
from evalsuite.stats import equivalence, non_inferiority
from evalsuite.verdict.margin_claims import margin_claims

TABLE = (500, 70, 85, 664)


def of(both: int, losses: int, gains: int, neither: int) -> Comparison:
    return compare_table(Table(both=both, losses=losses, gains=gains, neither=neither))


def looked(low: float, high: float) -> Comparison:
    comparison = of(*TABLE)
    interval = Interval(low=low, high=high)
    gain = replace(comparison.gain, estimate=0.0, method="confidence-sequence", interval=interval)
    seeds = Seeds(root=0, subsets=(), subset_size=0, training=None, samples=1)
    return replace(comparison, gain=gain, seeds=seeds)


def test_a_table_claims_what_its_one_sided_tests_show() -> None:
    claims = margin_claims(of(*TABLE), Policy())
    same = equivalence(*TABLE, margin=0.02)
    not_worse = non_inferiority(*TABLE, margin=0.02)

    assert (claims.is_equivalent, claims.is_non_inferior) == (False, True)
    assert (claims.equivalence, claims.non_inferiority) == (same.pvalue, not_worse.pvalue)
    assert (claims.low, claims.high, claims.confidence_level) == (same.low, same.high, 0.9)


@pytest.mark.parametrize(
    ("adjusted", "family", "is_equivalent"),
    [(None, 1, True), (0.04, 5, True), (0.06, 5, False), (None, 2, False)],
)
def test_a_family_adjusts_equivalence_and_bonferroni_stands_in(
    adjusted: float | None, family: int, is_equivalent: bool
) -> None:
    policy = Policy(family=family, adjusted_pvalue=1.0, adjusted_equivalence=adjusted)
    comparison = of(350, 26, 27, 316)  # p = .029 of equivalence

    assert margin_claims(comparison, policy).is_equivalent is is_equivalent


def test_an_interval_valid_at_every_look_is_taken_as_it_is_shown() -> None:
    claims = margin_claims(looked(-0.015, 0.03), Policy())

    assert (claims.low, claims.high, claims.confidence_level) == (-0.015, 0.03, 0.95)
    assert (claims.is_equivalent, claims.is_non_inferior) == (False, True)
    assert claims.equivalence is None


def test_such_an_interval_is_widened_for_a_family() -> None:
    alone = margin_claims(looked(-0.018, 0.018), Policy())
    among_five = margin_claims(looked(-0.018, 0.018), Policy(family=5, adjusted_pvalue=1.0))

    assert alone.is_equivalent
    assert not among_five.is_equivalent
    assert among_five.confidence_level == pytest.approx(0.98)
    assert among_five.low == pytest.approx(-0.018 * 2.329 / 1.9617, rel=1e-3)
