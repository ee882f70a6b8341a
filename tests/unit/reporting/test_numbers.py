"""Numbers for people never claim more than is true."""

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.reporting.numbers import count_text, percent_text, points_text, pvalue_text


@pytest.mark.parametrize(
    ("fraction", "plain", "signed"),
    [
        (0.1736, "17.4", "+17.4"),
        (-0.02, "-2.0", "-2.0"),
        (0.0, "0.0", "0.0"),
        (-0.0, "0.0", "0.0"),
        (0.0004, "0.04", "+0.04"),
        (-0.0004, "-0.04", "-0.04"),
        (1e-5, "0.001", "+0.001"),
        (1.0, "100.0", "+100.0"),
    ],
)
def test_points_show_one_decimal_and_more_where_one_would_read_zero(
    fraction: float, plain: str, signed: str
) -> None:
    assert points_text(fraction) == plain
    assert points_text(fraction, signed=True) == signed


def test_a_gain_too_small_for_six_decimals_reads_zero() -> None:
    assert points_text(1e-12) == "0.000000"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0, "0%"), (1, "100%"), (286 / 1319, "21.7%"), (1 / 1319, "0.1%"), (1 / 5000, "<0.1%"),
        (4999 / 5000, ">99.9%"), (0.5, "50.0%"), (0.9996, ">99.9%"), (0.0004, "<0.1%"),
    ],
)  # fmt: skip
def test_only_none_is_0_percent_and_only_all_is_100(fraction: float, text: str) -> None:
    assert percent_text(fraction) == text


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_has_no_percentage(fraction: float) -> None:
    with pytest.raises(InvalidInputError):
        percent_text(fraction)


@pytest.mark.parametrize(
    ("pvalue", "text"),
    [
        (4e-36, "p < 0.0001"), (0.0001, "p = 0.0001"), (0.0289, "p = 0.0289"),
        (0.05248, "p = 0.0525"), (0.0625, "p = 0.0625"), (0.5, "p = 0.50"), (0.999, "p > 0.99"),
        (1.0, "p = 1"),
    ],
)  # fmt: skip
def test_pvalues_are_floored_and_never_read_zero(pvalue: float, text: str) -> None:
    assert pvalue_text(pvalue) == text


def test_counts_have_thousands_separators() -> None:
    assert [count_text(n) for n in (0, 999, 1319, 1234567)] == ["0", "999", "1,319", "1,234,567"]
