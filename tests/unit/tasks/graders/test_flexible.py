from __future__ import annotations

from fractions import Fraction

import pytest
from builders import value_of

from evalsuite.tasks.graders.flexible import read_flexible
from evalsuite.tasks.graders.strict import read_strict


def test_flexible_takes_the_last_number_of_finished_text_only() -> None:
    text = "First 5, then $1,250.50."

    assert value_of(read_flexible(text, finished=True)) == Fraction(2501, 2)
    assert read_flexible(text, finished=False) is None


def test_a_minus_between_numbers_is_a_dash_and_before_a_number_a_sign() -> None:
    assert value_of(read_flexible("pages 3-4", finished=True)) == 4
    assert value_of(read_flexible("it fell to -4", finished=True)) == -4


@pytest.mark.parametrize("finished", [True, False])
def test_where_there_is_a_box_both_graders_read_it(finished: bool) -> None:
    text = r"so \boxed{7}, not 9"

    assert read_flexible(text, finished=finished) == read_strict(text)
