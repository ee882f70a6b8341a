"""McNemar's tests: brute force over every table of up to 12 questions, edges, known defects."""

from itertools import product
from math import comb, sqrt

import numpy as np
import pytest
from scipy.special import ndtr

from evalsuite.stats import mcnemar, mcnemar_unconditional

SMALL = [(losses, gains) for losses in range(13) for gains in range(13 - losses)]


def coin_flips(m: int) -> list[int]:
    """How often each number of losses occurs among all 2^m ways m coins can fall."""
    return [comb(m, k) for k in range(m + 1)]


def test_exact_pvalue_counts_the_coin_flips_at_least_as_lopsided() -> None:
    for losses, gains in SMALL:
        m = losses + gains
        as_extreme = sum(
            count for k, count in enumerate(coin_flips(m)) if abs(2 * k - m) >= abs(losses - gains)
        )

        assert mcnemar(losses, gains).pvalue == pytest.approx(as_extreme / 2**m, abs=1e-14)


def test_mid_pvalue_counts_half_of_the_tables_as_lopsided_as_ours() -> None:
    for losses, gains in SMALL[1:]:
        m, ours = losses + gains, abs(losses - gains)
        ways = coin_flips(m)
        more = sum(count for k, count in enumerate(ways) if abs(2 * k - m) > ours)
        same = sum(count for k, count in enumerate(ways) if abs(2 * k - m) == ours)
        result = mcnemar(losses, gains, method="mid-p").pvalue

        assert result == pytest.approx((more + same / 2) / 2**m, abs=1e-14)


def test_asymptotic_pvalue_is_the_two_sided_normal_tail() -> None:
    for losses, gains in SMALL[1:]:
        z = abs(gains - losses) / sqrt(losses + gains)
        result = mcnemar(losses, gains, method="asymptotic").pvalue

        assert result == pytest.approx(2 * ndtr(-z), abs=1e-13)


def test_exact_enumeration_of_sequences_agrees_with_the_formula() -> None:
    """All 2^10 sequences of ten discordant questions, counted one by one."""
    observed = 8 - 2
    hits = sum(abs(sum(flips)) >= observed for flips in product((-1, 1), repeat=10))

    assert mcnemar(2, 8).pvalue == pytest.approx(hits / 2**10, abs=1e-15)


@pytest.mark.parametrize("n", range(1, 13))
def test_unconditional_pvalue_is_the_largest_tail_over_all_discordance_rates(n: int) -> None:
    rates = np.linspace(0, 1, 1001)
    tables = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    sizes = np.array([(c - b) ** 2 / max(b + c, 1) for b, c in tables])
    chances = np.array(
        [
            comb(n, b) * comb(n - b, c) * (rates / 2) ** (b + c) * (1 - rates) ** (n - b - c)
            for b, c in tables
        ]
    )
    for table, size in zip(tables, sizes, strict=True):
        largest = float(chances[sizes >= size - 1e-9].sum(axis=0).max())
        result = mcnemar_unconditional(*table, n).pvalue

        assert largest - 1e-12 <= result <= largest + 1e-5


@pytest.mark.parametrize("method", ["exact", "mid-p", "asymptotic", "corrected"])
def test_no_discordant_question_is_untestable_not_significant(method: str) -> None:
    """Elsewhere: p = 0 (statsmodels, corrected) and .5 (R contingencytables, mid-p)."""
    result = mcnemar(0, 0, method=method)  # type: ignore[arg-type]  # one of the four

    assert result.pvalue == 1
    assert result.estimate is None
    assert result.discordant == 0


@pytest.mark.parametrize(
    ("losses", "gains", "exact"),
    [(0, 1, 1.0), (0, 3, 0.25), (0, 5, 0.0625), (1, 6, 0.125), (0, 6, 0.03125)],
)
def test_lopsided_small_tables_keep_their_exact_pvalue(
    losses: int, gains: int, exact: float
) -> None:
    """A sign test from a standard error gives p = 0 for 1-0, 3-0 and 5-0, and .012 for 6-1."""
    assert mcnemar(losses, gains).pvalue == pytest.approx(exact, abs=1e-15)


def test_smallest_pvalue_of_m_questions_is_two_to_the_one_minus_m() -> None:
    for m in range(1, 60):
        assert mcnemar(0, m).pvalue == pytest.approx(2.0 ** (1 - m), rel=1e-12)


def test_exact_test_needs_six_questions_one_way_and_mid_p_five() -> None:
    assert mcnemar(0, 5).pvalue > 0.05 >= mcnemar(0, 6).pvalue
    assert mcnemar(0, 4, method="mid-p").pvalue > 0.05 >= mcnemar(0, 5, method="mid-p").pvalue


def test_asymptotic_test_rejects_from_four_questions_one_way() -> None:
    assert mcnemar(0, 4, method="asymptotic").pvalue == pytest.approx(0.0455, abs=5e-5)


@pytest.mark.parametrize("method", ["exact", "mid-p", "asymptotic"])
def test_pvalue_is_never_zero(method: str) -> None:
    assert mcnemar(0, 5000, method=method).pvalue > 0  # type: ignore[arg-type]  # one of three


def test_balanced_tables_have_pvalue_exactly_one() -> None:
    for k in range(2000):
        assert mcnemar(k, k).pvalue == 1
        assert mcnemar(k, k + 1).pvalue == 1


def test_continuity_correction_never_turns_a_tie_of_one_into_a_difference() -> None:
    result = mcnemar(5, 5, method="corrected")

    assert result.statistic == 0
    assert result.pvalue == 1


def test_result_carries_its_inputs() -> None:
    result = mcnemar(6, 16, method="asymptotic")

    assert (result.losses, result.gains, result.method) == (6, 16, "asymptotic")
    assert result.estimate == pytest.approx(16 / 22)
    assert result.statistic == pytest.approx(100 / 22)


def test_berger_boos_correction_searches_less_and_adds_gamma() -> None:
    plain = mcnemar_unconditional(6, 16, 161).pvalue
    corrected = mcnemar_unconditional(6, 16, 161, gamma=1e-4).pvalue

    assert plain == pytest.approx(0.034204, abs=1e-6)
    assert corrected == pytest.approx(0.034053, abs=1e-6)
