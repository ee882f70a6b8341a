"""The curve's numbers, against the statistics they come from."""

from __future__ import annotations

import pytest

from evalsuite import stats
from evalsuite.records.codec import from_json, to_json
from evalsuite.training.judging.curve import LookCurve, change_between, point_of


def test_a_change_is_paired_and_its_level_shared_among_all_looks() -> None:
    first = [True] * 30 + [False] * 70
    now = [True] * 25 + [False] * 5 + [True] * 20 + [False] * 50
    change = change_between(first, now, looks=10, confidence_level=0.95)
    interval = stats.difference_interval(25, 5, 20, 50, confidence_level=0.995)
    assert (change.losses, change.gains) == (5, 20)
    assert (change.estimate, change.low, change.high) == (0.15, interval.low, interval.high)
    assert change.exact_p == stats.mcnemar(5, 20).pvalue


def test_looks_swapped_change_the_sign() -> None:
    first, now = [True, True, False, False, True], [True, False, False, True, False]
    there = change_between(first, now, looks=2, confidence_level=0.9)
    back = change_between(now, first, looks=2, confidence_level=0.9)
    assert (there.estimate, there.low, there.high) == pytest.approx(
        (-back.estimate, -back.high, -back.low)
    )


def test_a_curve_survives_its_file() -> None:
    change = change_between([True], [False], looks=1, confidence_level=0.95)
    point = point_of(5, "step-5-x", [True, False], cut_off=1, confidence_level=0.95, change=change)
    interval = stats.proportion_interval(1, 2, confidence_level=0.95)
    assert (point.accuracy, point.low, point.high) == (0.5, interval.low, interval.high)
    curve = LookCurve(
        task="embedded",
        split="test",
        prompt="plain@1",
        max_new_tokens=32,
        n_questions=2,
        confidence_level=0.95,
        looks_planned=3,
        points=(point,),
    )
    assert from_json(LookCurve, to_json(curve)) == curve
