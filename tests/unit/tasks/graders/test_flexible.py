from __future__ import annotations

from fractions import Fraction

import pytest
from builders import value_of
from hypothesis import given, strategies as st

from evalsuite.tasks.graders import flexible
from evalsuite.tasks.graders.numbers import parse_number
from evalsuite.tasks.grading import read_numbers


def test_flexible_takes_the_last_number_of_finished_text_only() -> None:
    text = "First 5, then $1,250.50."

    assert value_of(read_numbers(text, finished=True)["flexible"]) == Fraction(2501, 2)
    assert read_numbers(text, finished=False)["flexible"] is None


def test_a_minus_between_numbers_is_a_dash_and_before_a_number_a_sign() -> None:
    assert value_of(flexible.last_number("pages 3-4")) == 4
    assert value_of(flexible.last_number("it fell to -4")) == -4


@pytest.mark.parametrize("finished", [True, False])
def test_where_there_is_a_box_both_graders_read_it(finished: bool) -> None:
    text = r"so \boxed{7}, not 9"

    read = read_numbers(text, finished=finished)
    assert value_of(read["flexible"]) == value_of(read["strict"]) == 7


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("so 70{,}000 in all", 70000),
        (r"so $70\,000$ in all", 70000),
        (r"so 1,\!234,\!567.", 1234567),
        ("so half, .5", Fraction(1, 2)),
        ("-.5", Fraction(-1, 2)),
        ("it costs $.50", Fraction(1, 2)),
        ("it costs \u00a518", 18),
        ("the end.5", 5),
        ("wait...5", 5),
        ("version 1.2.3", 3),
        ("a,b,5", 5),
        ("(1,2)", 2),
        ("1,000,000", 1000000),
        ("12,34", 34),
    ],
)
def test_the_last_number_is_read_as_people_write_it(text: str, value: int | Fraction) -> None:
    assert value_of(flexible.last_number(text)) == value


@given(st.text("1.,$-a {}\\!0", max_size=60))
def test_the_last_number_is_that_of_a_reading_from_the_beginning(text: str) -> None:
    every = list(flexible._NUMBER_IN_TEXT.finditer(text))
    value = parse_number(every[-1].group()) if every else None

    number = flexible.last_number(text)

    assert (number and number.value) == value


def test_a_run_of_signs_longer_than_any_number_is_no_number() -> None:
    assert flexible.last_number("1" * 10_000) is None
    assert flexible.last_number("1,000" + ",000" * 10_000) is None
