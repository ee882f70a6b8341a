"""Equivalence: the two ways to decide agree, and the smallest margin just passes."""

import pytest

from evalsuite.stats import difference_interval, equivalence

TABLES = [(43, 0, 1, 0), (400, 20, 22, 200), (59, 6, 16, 80), (90, 0, 0, 10), (0, 3, 0, 9)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("margin", [0.01, 0.02, 0.05, 0.1, 0.3])
def test_the_tests_reject_exactly_when_the_90_percent_interval_is_inside(
    table: tuple[int, int, int, int], margin: float
) -> None:
    result = equivalence(*table, margin=margin)
    interval = difference_interval(*table, confidence_level=0.9)

    assert result.is_equivalent == (result.pvalue < 0.05)
    assert (result.low, result.high) == (interval.low, interval.high)


@pytest.mark.parametrize("table", TABLES)
def test_the_smallest_margin_just_passes(table: tuple[int, int, int, int]) -> None:
    smallest = equivalence(*table, margin=0.02).smallest_margin

    assert equivalence(*table, margin=smallest * 1.000001).is_equivalent
    assert not equivalence(*table, margin=smallest * 0.999999).is_equivalent


@pytest.mark.parametrize(("n", "smallest"), [(5, 0.351), (20, 0.119), (100, 0.026), (1319, 0.0020)])
def test_identical_answers_prove_no_more_than_their_number_allows(n: int, smallest: float) -> None:
    """So a margin of 2 points cannot be shown with 100 questions, however they come out."""
    assert equivalence(n, 0, 0, 0, margin=0.02).smallest_margin == pytest.approx(smallest, abs=5e-4)
