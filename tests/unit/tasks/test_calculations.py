"""Written calculations: which are true, and whether they are the gold ones."""

from __future__ import annotations

from evalsuite.records.run import Question
from evalsuite.tasks.wordproblems import read_calculations

_QUESTION = Question(
    id="q",
    text="",
    gold="26",
    gold_steps=("18-5=13", "13*2=26"),
    metadata={"indirect": []},
)


def test_right_operations_with_a_wrong_result_follow_gold_but_are_not_true() -> None:
    calculations = read_calculations("18 - 5 = 12. 12 * 2 = 24.", _QUESTION)
    assert (calculations.n_written, calculations.n_true, calculations.follows_gold) == (2, 1, True)


def test_true_calculations_that_skip_a_step_do_not_follow_gold() -> None:
    calculations = read_calculations("18 * 2 = 36.", _QUESTION)
    assert (calculations.n_written, calculations.n_true, calculations.follows_gold) == (1, 1, False)


def test_a_check_that_repeats_the_calculations_counts_nothing_twice() -> None:
    calculations = read_calculations(
        "18 - 5 = 13. 13 * 2 = 26. Check: 18 - 5 = 13 is right.", _QUESTION
    )
    assert (calculations.n_written, calculations.follows_gold) == (2, True)


def test_division_by_zero_is_written_but_not_true() -> None:
    calculations = read_calculations("8 / 0 = 8", _QUESTION)
    assert (calculations.n_written, calculations.n_true) == (1, 0)


def test_decimals_and_longer_sums_are_not_misread_as_shorter_ones() -> None:
    assert read_calculations("1.5 + 2 = 3.5 and 2 + 3 = 5.25", _QUESTION).n_written == 0


def test_text_without_calculations_has_none() -> None:
    calculations = read_calculations("The answer is 26.", _QUESTION)
    assert (calculations.n_written, calculations.n_true, calculations.follows_gold) == (0, 0, False)
