import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import (
    difference_interval,
    equivalence,
    holm,
    mcnemar,
    mcnemar_unconditional,
    power,
    proportion_interval,
    required_questions,
    smallest_detectable_gain,
    truncation_bounds,
)
from evalsuite.stats.arguments import (
    check_choice,
    check_count,
    check_fraction,
    check_level,
    check_probability,
    check_table,
)


@pytest.mark.parametrize("value", [0, 7, np.int64(7), np.uint8(7)])
def test_whole_numbers_are_counts_and_come_back_as_int(value: object) -> None:
    result = check_count(value, "losses")

    assert result == value
    assert type(result) is int


@pytest.mark.parametrize(
    "value", [True, False, np.bool_(True), 3.0, np.float64(3), float("nan"), "3", None, [3]]
)
def test_what_is_no_whole_number_is_no_count(value: object) -> None:
    with pytest.raises(InvalidInputError, match=r"gains is .* a count is a whole number; pass"):
        check_count(value, "gains")


def test_a_negative_count_names_value_rule_and_way_out() -> None:
    with pytest.raises(InvalidInputError) as error:
        check_count(-1, "losses")

    assert str(error.value) == (
        "losses is -1, but at least 0 is needed; count questions and pass that number"
    )
    assert error.value.exit_code == 2


def test_a_table_without_questions_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="0 questions"):
        check_table(0, 0, 0, 0)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), True, "0.5", None])
def test_probabilities_outside_0_to_1_are_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match="p_gain is"):
        check_probability(value, "p_gain")


@pytest.mark.parametrize("value", [0, 1, np.float32(0.5), 0.25])
def test_numbers_in_0_to_1_are_probabilities(value: object) -> None:
    assert check_probability(value, "p") == value


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, -3, 95, float("nan"), True])
def test_levels_lie_strictly_between_0_and_1(value: object) -> None:
    with pytest.raises(InvalidInputError, match="confidence_level is"):
        check_level(value, "confidence_level")


@pytest.mark.parametrize("value", [0, 0.0, -0.02, 2, float("nan"), False])
def test_a_margin_of_0_or_below_or_above_1_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match="margin is"):
        check_fraction(value, "margin")


def test_an_unknown_choice_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match=r"method is .waldo'.* 'wald', 'tango'"):
        check_choice("waldo", "method", ("wald", "tango"))


@pytest.mark.parametrize(
    "call",
    [
        lambda: mcnemar(-1, 2),
        lambda: mcnemar(1.0, 2),  # type: ignore[arg-type]  # bad on purpose
        lambda: mcnemar(1, 2, method="fisher"),  # type: ignore[arg-type]  # bad on purpose
        lambda: mcnemar_unconditional(3, 4, 6),
        lambda: mcnemar_unconditional(3, 4, 60, gamma=1.5),
        lambda: difference_interval(0, 0, 0, 0),
        lambda: difference_interval(1, 1, 1, 1, confidence_level=95),
        lambda: proportion_interval(6, 5),
        lambda: proportion_interval(0, 0),
        lambda: equivalence(1, 1, 1, 1, margin=0.0),
        lambda: equivalence(1, 1, 1, 1, margin=0.1, alpha=0.6),
        lambda: holm([]),
        lambda: holm([0.1, float("nan")]),
        lambda: power(10, 0.6, 0.5),
        lambda: power(0, 0.1, 0.2),
        lambda: required_questions(0.1, 0.1),
        lambda: required_questions(0.1, 0.2, power=0.04),
        lambda: required_questions(0.1, 0.1001),
        lambda: smallest_detectable_gain(10, 1.2),
        lambda: truncation_bounds(
            5, base_correct=3, base_unfinished=3, trained_correct=0, trained_unfinished=0
        ),
    ],
)
def test_every_public_function_refuses_bad_input_with_one_domain_error(call: object) -> None:
    with pytest.raises(InvalidInputError, match=r".+ (is|are|needs) .+; .+|.+, but .+; .+"):
        call()  # type: ignore[operator]  # a zero-argument lambda


def test_numbers_that_no_machine_counts_to_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"over 10\^15"):
        check_count(10**400, "n")
    with pytest.raises(InvalidInputError, match="over 2,000,000"):
        check_table(1, 2, 3, 10**9)
