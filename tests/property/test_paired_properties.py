"""What must hold for every paired table, whatever the counts."""

import math

import pytest
from hypothesis import assume, given, settings, strategies as st

from evalsuite.comparing.summary import describe_tests
from evalsuite.records.comparison import Table
from evalsuite.records.verdict import Policy
from evalsuite.stats import (
    difference_interval,
    discordant_odds_ratio,
    equivalence,
    holm,
    mcnemar,
    paired_posterior,
    power,
    proportion_interval,
    relative_risk,
)
from evalsuite.verdict.evidence import decide_table

METHODS = ("tango", "newcombe", "bonett-price", "fay-lumbard")
cells = st.integers(min_value=0, max_value=400)
tables = st.tuples(cells, cells, cells, cells).filter(lambda table: sum(table) > 0)
small_tables = st.tuples(*[st.integers(0, 30)] * 4).filter(lambda table: sum(table) > 0)
levels = st.floats(min_value=0.5, max_value=0.999)
alphas = st.floats(min_value=0.001, max_value=0.2)


def swapped(table: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Exchange the two models."""
    return table[0], table[2], table[1], table[3]


def relabelled(table: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Exchange right and wrong."""
    return table[3], table[2], table[1], table[0]


@given(table=tables, level=levels)
@pytest.mark.parametrize("method", METHODS)
def test_swapping_the_models_negates_gain_and_interval(
    method: str, table: tuple[int, int, int, int], level: float
) -> None:
    one = difference_interval(*table, method=method, confidence_level=level)  # type: ignore[arg-type]
    other = difference_interval(*swapped(table), method=method, confidence_level=level)  # type: ignore[arg-type]

    assert one.estimate == -other.estimate
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)


@given(table=tables)
@pytest.mark.parametrize("method", METHODS)
def test_relabelling_right_and_wrong_negates_too(
    method: str, table: tuple[int, int, int, int]
) -> None:
    one = difference_interval(*table, method=method)  # type: ignore[arg-type]  # one of four
    other = difference_interval(*relabelled(table), method=method)  # type: ignore[arg-type]

    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)


@given(table=tables, level=levels)
@pytest.mark.parametrize("method", METHODS)
def test_intervals_contain_the_estimate_inside_minus_one_to_one(
    method: str, table: tuple[int, int, int, int], level: float
) -> None:
    result = difference_interval(*table, method=method, confidence_level=level)  # type: ignore[arg-type]
    slack = 1e-9
    if method == "bonett-price":  # it centres on the table with one loss and one gain added
        centre = (table[2] - table[1]) / (result.n + 2)
        assert result.low <= centre + slack
        assert result.high >= centre - slack
    else:
        assert result.low <= result.estimate + slack
        assert result.high >= result.estimate - slack
    assert -1 <= result.low < result.high <= 1
    assert math.isfinite(result.low)
    assert math.isfinite(result.high)


@given(table=tables, level=levels, more=st.floats(0.01, 0.9))
@pytest.mark.parametrize("method", METHODS)
def test_more_confidence_is_a_wider_interval(
    method: str, table: tuple[int, int, int, int], level: float, more: float
) -> None:
    narrow = difference_interval(*table, method=method, confidence_level=level)  # type: ignore[arg-type]
    wide = difference_interval(
        *table,
        method=method,  # type: ignore[arg-type]  # one of four
        confidence_level=level + (1 - level) * more,
    )

    assert wide.low <= narrow.low + 1e-9
    assert wide.high >= narrow.high - 1e-9


@given(both=cells, neither=cells, level=levels)
@pytest.mark.parametrize("method", METHODS)
def test_no_discordant_question_is_never_a_point_and_never_a_difference(
    method: str, both: int, neither: int, level: float
) -> None:
    assume(both + neither > 0)
    result = difference_interval(both, 0, 0, neither, method=method, confidence_level=level)  # type: ignore[arg-type]

    assert result.low < 0 < result.high
    assert mcnemar(0, 0).pvalue == 1


@given(table=tables, added=st.tuples(cells, cells))
def test_concordant_questions_never_move_mcnemar(
    table: tuple[int, int, int, int], added: tuple[int, int]
) -> None:
    both, losses, gains, neither = table
    one = Table(both=both, losses=losses, gains=gains, neither=neither)
    other = Table(both=both + added[0], losses=losses, gains=gains, neither=neither + added[1])

    assert describe_tests(one) == describe_tests(other)


@given(losses=st.integers(0, 3000), gains=st.integers(0, 3000), alpha=alphas)
def test_exact_rejection_implies_mid_p_implies_asymptotic_implies_tango_excludes_zero(
    losses: int, gains: int, alpha: float
) -> None:
    exact = mcnemar(losses, gains).pvalue
    mid_p = mcnemar(losses, gains, method="mid-p").pvalue
    asymptotic = mcnemar(losses, gains, method="asymptotic").pvalue
    tango = difference_interval(7, losses, gains, 5, confidence_level=1 - alpha)

    assert mid_p <= exact
    if alpha <= 0.05 and exact <= alpha:
        assert mid_p <= alpha
        assert asymptotic <= alpha
    if abs(asymptotic - alpha) > 1e-9:
        assert (asymptotic < alpha) == (not tango.low <= 0 <= tango.high)


@settings(max_examples=60)
@given(losses=st.integers(0, 60), gains=st.integers(0, 60), rest=st.integers(0, 60), alpha=alphas)
def test_fay_lumbard_excludes_zero_exactly_when_the_exact_test_rejects(
    losses: int, gains: int, rest: int, alpha: float
) -> None:
    assume(losses + gains + rest > 0)
    exact = mcnemar(losses, gains).pvalue
    assume(abs(exact - alpha) > 1e-9)
    result = difference_interval(
        rest, losses, gains, 0, method="fay-lumbard", confidence_level=1 - alpha
    )

    assert (exact < alpha) == (not result.low <= 0 <= result.high)


@given(losses=st.integers(0, 5000), gains=st.integers(0, 5000))
@pytest.mark.parametrize("method", ["exact", "mid-p", "asymptotic", "corrected"])
def test_pvalues_are_probabilities_above_zero_and_symmetric(
    method: str, losses: int, gains: int
) -> None:
    one = mcnemar(losses, gains, method=method).pvalue  # type: ignore[arg-type]  # one of four
    other = mcnemar(gains, losses, method=method).pvalue  # type: ignore[arg-type]

    assert 0 < one <= 1
    assert one == other


@given(losses=st.integers(0, 300), gains=st.integers(0, 300))
@pytest.mark.parametrize("method", ["exact", "mid-p", "asymptotic"])
def test_one_more_gain_than_already_ahead_is_never_weaker_evidence(
    method: str, losses: int, gains: int
) -> None:
    assume(gains > losses)
    now = mcnemar(losses, gains, method=method).pvalue  # type: ignore[arg-type]  # one of three
    more = mcnemar(losses, gains + 1, method=method).pvalue  # type: ignore[arg-type]

    assert more <= now + 1e-12


@given(table=tables)
def test_the_verdict_mirrors_when_the_models_are_swapped(table: tuple[int, int, int, int]) -> None:
    mirror = {"improved": "regressed", "regressed": "improved"}
    losses, gains, n = table[1], table[2], sum(table)
    result = decide_table(losses, gains, n, Policy())

    assert decide_table(gains, losses, n, Policy()) == mirror.get(result, result)


@given(table=tables)
def test_an_established_difference_never_stands_beside_an_interval_with_zero(
    table: tuple[int, int, int, int],
) -> None:
    decision = decide_table(table[1], table[2], sum(table), Policy())
    interval = difference_interval(*table)

    if decision == "improved":
        assert interval.low > 0
    if decision == "regressed":
        assert interval.high < 0
    if decision == "equivalent":
        assert max(-interval.low, interval.high) < 0.04


@given(table=tables, margin=st.floats(0.005, 0.6), wider=st.floats(1, 3))
def test_what_is_equivalent_stays_so_with_a_wider_margin(
    table: tuple[int, int, int, int], margin: float, wider: float
) -> None:
    if equivalence(*table, margin=margin).is_equivalent:
        assert equivalence(*table, margin=min(1.0, margin * wider)).is_equivalent


@given(n=st.integers(1, 5000), share=st.floats(0, 1), level=levels)
@pytest.mark.parametrize("method", ["wilson", "clopper-pearson", "jeffreys"])
def test_accuracy_intervals_contain_the_accuracy_and_mirror(
    method: str, n: int, share: float, level: float
) -> None:
    x = round(share * n)
    one = proportion_interval(x, n, method=method, confidence_level=level)  # type: ignore[arg-type]
    other = proportion_interval(n - x, n, method=method, confidence_level=level)  # type: ignore[arg-type]

    assert 0 <= one.low <= one.estimate <= one.high <= 1
    assert one.low < one.high
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


@given(table=small_tables)
@pytest.mark.parametrize("method", ["tang", "bonett-price"])
def test_relative_risk_turns_over_when_the_models_are_swapped(
    method: str, table: tuple[int, int, int, int]
) -> None:
    both, losses, gains, _ = table
    assume(both + losses > 0)
    assume(both + gains > 0)
    one = relative_risk(*table, method=method)  # type: ignore[arg-type]  # one of two
    other = relative_risk(*swapped(table), method=method)  # type: ignore[arg-type]
    assert one.estimate is not None
    assert one.high is not None

    assert other.low == pytest.approx(1 / one.high, rel=1e-6)
    assert one.low <= one.estimate * (1 + 1e-9)
    assert one.high >= one.estimate * (1 - 1e-9)


@given(losses=st.integers(1, 300), gains=st.integers(1, 300))
@pytest.mark.parametrize("method", ["clopper-pearson", "mid-p"])
def test_odds_ratio_turns_over_when_the_models_are_swapped(
    method: str, losses: int, gains: int
) -> None:
    one = discordant_odds_ratio(losses, gains, method=method)  # type: ignore[arg-type]
    other = discordant_odds_ratio(gains, losses, method=method)  # type: ignore[arg-type]
    assert one.high is not None

    assert other.low == pytest.approx(1 / one.high, rel=1e-6)


@settings(max_examples=40)
@given(table=tables)
def test_posterior_mirrors_when_the_models_are_swapped(table: tuple[int, int, int, int]) -> None:
    one, other = paired_posterior(*table), paired_posterior(*swapped(table))

    assert one.probability_of_gain == pytest.approx(1 - other.probability_of_gain)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-8)
    assert one.low < one.estimate < one.high


@given(n=st.integers(1, 400), loss=st.floats(0, 0.5), gain=st.floats(0, 0.5))
@pytest.mark.parametrize("test", ["exact", "mid-p"])
def test_power_is_a_probability_and_symmetric(test: str, n: int, loss: float, gain: float) -> None:
    one = power(n, loss, gain, test=test)  # type: ignore[arg-type]  # one of two

    assert 0 <= one <= 1 + 1e-12
    assert one == pytest.approx(power(n, gain, loss, test=test), abs=1e-10)  # type: ignore[arg-type]


@given(pvalues=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_never_shrinks(pvalues: list[float]) -> None:
    result = holm(pvalues)

    assert all(raw <= adjusted <= 1 for raw, adjusted in zip(pvalues, result, strict=True))
    ranked = [result[i] for i in sorted(range(len(pvalues)), key=pvalues.__getitem__)]
    assert ranked == sorted(ranked)
