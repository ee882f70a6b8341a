from __future__ import annotations

import pytest

from evalsuite.comparing.power import describe_power, with_curve
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Table
from evalsuite.records.power import Power
from evalsuite.stats import smallest_detectable_gain
from evalsuite.stats.paired.bootstrap import gain_range

TABLE = Table(both=20, losses=4, gains=20, neither=36)


def curve_of(table: Table, *sizes: int) -> Power:
    return with_curve(describe_power(table), table, sizes=sizes)


def test_every_point_is_the_smallest_gain_of_its_size() -> None:
    curve = curve_of(TABLE).curve

    assert [point.n for point in curve] == sorted({point.n for point in curve})
    for point in curve:
        assert point.gain == smallest_detectable_gain(point.n, 24 / 80, power=0.8, alpha=0.05)


def test_the_curve_falls_where_there_is_one() -> None:
    gains = [point.gain for point in curve_of(TABLE).curve if point.gain is not None]

    assert len(gains) > 10
    assert gains == sorted(gains, reverse=True)


def test_expectations_are_of_known_sizes_the_named_ones_and_the_run_itself() -> None:
    assert [row.n for row in curve_of(TABLE, 30, 900).expectations] == [5, 20, 30, 50, 80]


def test_the_run_itself_is_expected_to_show_what_its_law_says() -> None:
    power = curve_of(TABLE)
    whole = power.expectations[-1]
    chance, observed = gain_range(12 / 80, 12 / 80, 80), gain_range(4 / 80, 20 / 80, 80)

    assert whole.smallest_detectable_gain == power.smallest_detectable_gain
    assert (whole.chance_low, whole.chance_high) == (chance.low, chance.high)
    assert (whole.low, whole.high) == (observed.low, observed.high)
    assert whole.chance_low == -whole.chance_high


def test_swapped_models_turn_the_expectations_over() -> None:
    swapped = Table(both=20, losses=20, gains=4, neither=36)

    for row, other in zip(
        curve_of(TABLE).expectations, curve_of(swapped).expectations, strict=True
    ):
        assert row.low == pytest.approx(-other.high)
        assert row.high == pytest.approx(-other.low)
        assert row.smallest_detectable_gain == other.smallest_detectable_gain


def test_models_that_never_differ_have_no_curve_and_expect_nothing() -> None:
    power = curve_of(Table(both=6, losses=0, gains=0, neither=4))

    assert power.curve == ()
    assert [row.n for row in power.expectations] == [5, 10]
    assert all(row.smallest_detectable_gain is None for row in power.expectations)
    assert {(row.low, row.high) for row in power.expectations} == {(0.0, 0.0)}


def test_a_run_beyond_the_curve_is_on_it() -> None:
    table = Table(both=1000, losses=2000, gains=3000, neither=1000)

    assert curve_of(table).curve[-1].n == 14_000


def test_power_of_old_files_has_neither() -> None:
    old = from_json(Power, '{"smallest_detectable_gain": 0.1, "required_questions": null}')

    assert (old.curve, old.expectations) == ((), ())
    assert from_json(Power, to_json(curve_of(TABLE))) == curve_of(TABLE)
