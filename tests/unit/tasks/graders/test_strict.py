from __future__ import annotations

from fractions import Fraction

from builders import value_of

from evalsuite.tasks.graders.strict import boxes, is_correct, read_strict


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
