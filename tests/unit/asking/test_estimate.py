from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chat_server import serving

from evalsuite.asking.estimate import Cost, time_in_all
from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.asking.plan import PlannedRun


def spec_of(folder: Path) -> CompareSpec:
    return CompareSpec(task="embedded", full=False, subsets=1, subset_size=4, runs=folder / "runs")


def cost(minutes: float, most: float) -> Cost:
    return Cost(
        answers=4,
        tokens=100,
        most_tokens=400,
        tokens_per_second=1.0,
        minutes=minutes,
        most_minutes=most,
        disk_mb=0.1,
        memory_mb=None,
    )


COSTS = [cost(5.0, 10.0), cost(2.0, 12.0)]


def test_of_servers_on_two_hosts_the_slower_one_counts(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    with serving("base") as base, serving("trained") as trained:
        planned = plan_session((base.name, trained.name), spec)

    in_all = time_in_all(planned, COSTS, spec)

    assert (in_all.minutes, in_all.most_minutes, in_all.is_at_once) == (5.0, 12.0, True)


def test_two_pairs_on_two_hosts_take_one_time_after_the_other(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    with serving("base") as base, serving("trained") as trained:
        pair = plan_session((base.name, trained.name), spec)

    in_all = time_in_all([*pair, *pair], [*COSTS, *COSTS], spec)

    assert (in_all.minutes, in_all.most_minutes) == (10.0, 24.0)


def test_where_one_is_there_already_nothing_is_at_once(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    with serving("base") as base, serving("trained") as trained:
        planned = plan_session((base.name, trained.name), spec)

    in_all = time_in_all(planned, [None, COSTS[1]], spec)

    assert (in_all.minutes, in_all.most_minutes, in_all.is_at_once) == (2.0, 12.0, False)


@pytest.mark.parametrize("names", [("base", "trained"), ("base", "base")])
def test_models_on_this_machine_are_added_up(tmp_path: Path, names: tuple[str, str]) -> None:
    """Two at once take longer than each alone: less would be promised than is known."""
    spec = spec_of(tmp_path)
    planned: tuple[PlannedRun, ...] = plan_session(names, spec)

    in_all = time_in_all(planned, COSTS, spec)

    assert (in_all.minutes, in_all.most_minutes, in_all.is_at_once) == (7.0, 22.0, False)


def test_nothing_to_do_takes_no_time(tmp_path: Path) -> None:
    in_all = time_in_all([], [], spec_of(tmp_path))

    assert (in_all.minutes, in_all.most_minutes, in_all.is_at_once) == (0.0, 0.0, False)
