from __future__ import annotations

import pytest

from evalsuite.stats import adjusted_gain, difference_interval


def test_one_look_is_not_adjusted() -> None:
    """Without looks the ordering is that of the estimate: the plain normal interval."""
    whole = adjusted_gain(60, 100, 500, n_planned=500, looks=1)

    assert whole is not None
    assert whole.estimate == pytest.approx(40 / 500, abs=1e-6)
    assert whole.interval.low == pytest.approx(0.08 - 1.95996 * 160**0.5 / 500, abs=1e-6)


def test_a_stop_at_the_bound_is_drawn_towards_zero() -> None:
    stopped = adjusted_gain(34, 76, 528, n_planned=1_319)
    plain = difference_interval(200, 34, 76, 218)

    assert stopped is not None
    assert 0 < stopped.estimate < plain.estimate
    assert stopped.interval.low < plain.low


def test_a_stop_on_futility_is_hardly_moved() -> None:
    stopped = adjusted_gain(80, 84, 792, n_planned=1_319)

    assert stopped is not None
    assert stopped.estimate == pytest.approx(4 / 792, abs=0.003)


def test_swapping_the_models_changes_the_sign() -> None:
    here, there = (adjusted_gain(*pair, 528, n_planned=1_319) for pair in ((30, 80), (80, 30)))

    assert here is not None
    assert there is not None
    assert here.estimate == pytest.approx(-there.estimate, abs=1e-6)
    assert here.interval.low == pytest.approx(-there.interval.high, abs=1e-6)


def test_a_wider_level_gives_a_wider_interval() -> None:
    ends = [
        adjusted_gain(30, 80, 528, n_planned=1_319, confidence_level=level) for level in (0.9, 0.99)
    ]

    assert ends[0] is not None
    assert ends[1] is not None
    assert (
        ends[1].interval.low < ends[0].interval.low < ends[0].interval.high < ends[1].interval.high
    )


def test_too_few_differences_have_no_adjusted_gain() -> None:
    assert adjusted_gain(1, 8, 264, n_planned=1_319) is None
