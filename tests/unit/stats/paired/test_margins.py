"""Margins: the two ways to decide agree, the smallest margin just passes, errors keep to alpha."""

import numpy as np
import pytest
from scipy.stats import multinomial, t

from evalsuite.records.comparison import Interval
from evalsuite.stats import difference_interval, equivalence, non_inferiority
from evalsuite.stats.paired.margins import t_widened

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


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("margin", [0.01, 0.05, 0.3])
def test_not_worse_is_shown_exactly_where_the_lower_end_is_above_the_margin(
    table: tuple[int, int, int, int], margin: float
) -> None:
    result = non_inferiority(*table, margin=margin)
    interval = difference_interval(*table, confidence_level=0.9)

    assert result.low == interval.low
    assert result.is_non_inferior == (result.pvalue < 0.05) == (interval.low > -margin)
    assert result.is_non_inferior or not equivalence(*table, margin=margin).is_equivalent


def test_swapped_models_are_shown_to_be_no_better() -> None:
    """The test of base against trained is the other one-sided test of equivalence."""
    same = equivalence(500, 70, 85, 664, margin=0.02)
    forth = non_inferiority(500, 70, 85, 664, margin=0.02)
    back = non_inferiority(500, 85, 70, 664, margin=0.02)

    assert (forth.statistic, back.statistic) == (same.statistic_low, same.statistic_high)
    assert same.pvalue == max(forth.pvalue, back.pvalue)


@pytest.mark.parametrize(("n", "margin"), [(50, 0.1), (100, 0.05), (100, 0.1)])
def test_a_loss_of_the_margin_is_called_no_worse_at_alpha(n: int, margin: float) -> None:
    """By enumeration, at every discordance that the margin allows.

    A score test is not exact: where every change is a loss it errs most, as published for the
    two-sided rule (tests/calibration/test_verdict_rates.py).
    """
    tables = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    shown = np.array(
        [non_inferiority(n - b - c, b, c, 0, margin=margin).is_non_inferior for b, c in tables]
    )
    cells = np.array([(b, c, n - b - c) for b, c in tables])
    rates = np.linspace(margin, 0.6, 12)
    sizes = [
        float(multinomial.pmf(cells, n, [(r + margin) / 2, (r - margin) / 2, 1 - r])[shown].sum())
        for r in rates
    ]

    assert max(sizes) <= 0.058
    assert max(sizes[1:]) <= 0.053
    assert max(sizes[3:]) >= 0.03  # it is no test that never says so


def test_an_interval_of_students_is_widened_to_another_level() -> None:
    half = float(t.ppf(0.975, 19))
    wider = t_widened(Interval(low=0.1 - 0.01 * half, high=0.1 + 0.01 * half), 0.1, 0.95, 0.99, 19)

    assert wider.low == pytest.approx(0.1 - 0.01 * float(t.ppf(0.995, 19)))
    assert wider.high == pytest.approx(0.1 + 0.01 * float(t.ppf(0.995, 19)))
    assert t_widened(Interval(low=0.0, high=0.1), 0.05, 0.95, 0.99, 0) == Interval(low=-1, high=1)
