import math

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import difference_interval, widened_gain
from evalsuite.stats.several.widened import (
    skewed_interval,
    student_interval,
    student_pvalue,
    widened_accuracy,
)


def test_the_widened_interval_by_hand() -> None:
    # .2 .6 -1 1: mean .2, sum of squares of deviations 0 + .16 + 1.44 + .64, t_3(.975) = 3.182446
    gain = widened_gain([0.2, 0.6])

    error = math.sqrt(2.24 / 3 / 4)
    assert (gain.estimate, gain.center) == pytest.approx((0.4, 0.2))
    assert gain.standard_error == pytest.approx(error)
    assert gain.degrees_of_freedom == 3
    assert gain.interval.low == pytest.approx(max(-1, 0.2 - 3.182446305 * error), abs=1e-9)


def test_one_answer_a_question_is_close_to_bonett_and_prices_interval() -> None:
    """Theirs adds a loss and a gain to the table and takes normal quantiles."""
    for losses, gains, n in ((0, 0, 50), (3, 9, 100), (64, 293, 1_319), (5, 6, 719)):
        steps = np.repeat([-1.0, 1.0, 0.0], [losses, gains, n - losses - gains])
        theirs = difference_interval(0, losses, gains, n - losses - gains, method="bonett-price")

        ours = widened_gain(steps).interval

        width = theirs.high - theirs.low
        assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
        assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_the_pvalue_is_alpha_where_the_interval_ends_at_zero() -> None:
    gain = widened_gain([0.5, 0.25, 0.0, 0.25, 0.5, 0.0, 0.75] * 3)
    wider = widened_gain(
        [0.5, 0.25, 0.0, 0.25, 0.5, 0.0, 0.75] * 3, confidence_level=1 - gain.pvalue
    )

    assert wider.interval.low == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 20, 1_319])
@pytest.mark.parametrize("difference", [-1.0, 0.0, 0.125, 1.0])
def test_the_interval_holds_the_estimate_and_is_never_a_point(n: int, difference: float) -> None:
    interval = widened_gain([difference] * n).interval

    assert -1 <= interval.low <= difference <= interval.high <= 1
    assert interval.high - interval.low > 1 / n


def test_an_accuracy_without_spread_has_an_interval_within_0_and_1() -> None:
    perfect, hopeless = widened_accuracy([1.0] * 50), widened_accuracy([0.0] * 50)

    assert perfect.high == 1.0
    assert 0.9 < perfect.low < 1
    assert (hopeless.low, hopeless.high) == pytest.approx((0, 1 - perfect.low))


@pytest.mark.parametrize("wrong", [[], [[0.1]], [1.5], [float("nan")]])
def test_what_is_no_list_of_differences_is_refused(wrong: list[float]) -> None:
    with pytest.raises(InvalidInputError, match="difference"):
        widened_gain(wrong)


def test_students_interval_and_pvalue() -> None:
    from scipy import stats

    interval = student_interval(0.04, 0.015, 9, 0.95)

    assert (interval.low, interval.high) == pytest.approx(stats.t(9, 0.04, 0.015).interval(0.95))
    assert student_pvalue(-0.04, 0.015, 9) == pytest.approx(2 * stats.t(9).sf(0.04 / 0.015))
    assert student_pvalue(0.5, 1e-300, 50) > 0


def test_the_skewness_is_that_of_the_widened_differences() -> None:
    from scipy import stats

    values = [-1.0, -1.0, 0.125, 0.0, 0.0, 0.125, -0.125] * 4

    assert widened_gain(values).skewness == pytest.approx(stats.skew([*values, -1.0, 1.0]))
    assert widened_gain([0.5, -0.5, 0.0]).skewness == pytest.approx(0, abs=1e-12)


def test_an_end_is_where_halls_transform_of_t_reaches_students_quantile() -> None:
    """The transform itself, forwards: t + g t^2 / 3r + g^2 t^3 / 27 r^2 + g / 6r, r^2 values."""
    from scipy import stats

    center, error, freedom, g = -0.012, 0.004, 201, -6.0
    span = skewed_interval(center, error, freedom, g, 0.9)
    root = math.sqrt(freedom + 1)

    def transformed(end: float) -> float:
        t = (center - end) / error
        return t + g * t**2 / (3 * root) + g**2 * t**3 / (27 * root**2) + g / (6 * root)

    assert transformed(span.low) == pytest.approx(stats.t.ppf(0.95, freedom))
    # losses are rare and large: the other end would come nearer, and stays Student's
    assert span.high == student_interval(center, error, freedom, 0.9).high
    assert span.low < student_interval(center, error, freedom, 0.9).low


def test_the_skewed_interval_is_never_narrower_and_turns_with_the_sign() -> None:
    rng = np.random.default_rng(8)
    for _ in range(300):
        n = int(rng.integers(1, 400))
        values = np.where(rng.random(n) < rng.random() / 5, -1.0, rng.choice([0, 0.125, -0.125], n))
        gain, other = widened_gain(values, confidence_level=0.9), widened_gain(-values)
        span = (gain.center, gain.standard_error, gain.degrees_of_freedom)
        skewed = skewed_interval(*span, gain.skewness, 0.9)
        mirrored = skewed_interval(-gain.center, *span[1:], other.skewness, 0.9)

        assert -1 <= skewed.low <= gain.interval.low
        assert gain.interval.high <= skewed.high <= 1
        assert (mirrored.low, mirrored.high) == pytest.approx((-skewed.high, -skewed.low))
        assert skewed_interval(*span, 0.0, 0.9) == gain.interval
