from __future__ import annotations

import time
from fractions import Fraction

import pytest
from builders import value_of
from hypothesis import given, strategies as st

from evalsuite.tasks.graders.strict import (
    _last_box_by_arrays,
    boxes,
    is_correct,
    last_box,
    read_strict,
)
from evalsuite.tasks.grading import read_numbers


def test_the_last_box_counts_and_nested_boxes_are_one() -> None:
    assert value_of(read_strict(r"\boxed{71} no, \boxed{72}")) == 72
    assert value_of(read_strict(r"\boxed{\boxed{18}}")) == 18
    assert value_of(read_strict(r"\boxed{72} and \boxed{7")) == 72


def test_an_expression_in_the_last_box_is_no_answer_even_after_a_good_box() -> None:
    assert read_strict(r"\boxed{18} \boxed{9+9}") is None


def test_braces_that_are_escaped_do_not_count() -> None:
    assert boxes(r"\{ \boxed{5} \}") == [(10, 11)]


def test_a_right_box_is_correct_also_in_a_cut_text() -> None:
    assert is_correct(r"\boxed{7} and then I", Fraction(7))
    assert not is_correct("it is 7", Fraction(7))


BRACES = ["\\boxed{", "\\boxed \n{", "{", "}", "\\{", "\\}", "\\boxed", " ", "5", "字"]


@given(st.lists(st.sampled_from(BRACES), max_size=40).map("".join))
def test_long_texts_are_read_as_short_ones(text: str) -> None:
    spans = boxes(text)

    assert _last_box_by_arrays(text) == last_box(text) == (spans[-1] if spans else None)


HOSTILE = [
    "{}",
    "\\boxed{}",
    "\\boxed{",
    "}",
    "\\boxed   {1}}",
    "1,",
    "1.",
    "1 ",
    "\\,",
    "-",
    ".5 ",
]


@pytest.mark.parametrize("end", ["", r"\boxed{5}", "}"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_text_is_read_in_time_that_grows_with_its_length(unit: str, end: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit)) + end
        times = []
        for _ in range(3):
            started = time.process_time()
            read_numbers(text, finished=True)
            times.append(time.process_time() - started)
        return min(times)

    whole = seconds(1_000_000)
    assert whole < 0.05
    assert whole < 4 * seconds(500_000) + 0.002  # whose every part is below the clock's noise
