"""The page of speed: ratios within a turn, ranges, and what was not measured is said."""

from __future__ import annotations

from dataclasses import replace

from peers.contest import OURS, Turn
from speed_page import PAGE, PARTS, median_of, speed_page

TURN = Turn(
    piece="a",
    round=1,
    engine=OURS,
    dtype="float32",
    versions="torch 2",
    questions=64,
    asked=64,
    budget=300,
    start_seconds=5,
    seconds=10,
    tokens=4_000,
    capped=3,
    same=None,
)


def page_of(**results: list[dict[str, object]]) -> str:
    return speed_page(results, day="2026-12-02", machine="2 cores")


def fields_of(turn: Turn) -> dict[str, object]:
    return {name: getattr(turn, name) for name in Turn.__slots__}


def test_a_median_stands_with_its_range_and_number() -> None:
    assert median_of([3.0, 1.0, 8.0], 1) == "3.0 (1.0 to 8.0; 3)"
    assert median_of([1234.0], 0) == "1,234 (1)"


def test_an_engine_is_compared_within_rounds_and_ours_with_none() -> None:
    slow = replace(TURN, engine="peer", seconds=20, same=60)
    warm_up = replace(TURN, round=0, seconds=99)
    turns = [warm_up, replace(slow, round=0), TURN, slow]

    page = page_of(generation=[*map(fields_of, turns)])

    assert "| evalsuite | float32 | 400 (1) |  | 5 | 3 of 64 |  |" in page
    assert "| peer | float32 | 200 (1) | 2.00 times as fast | 5 | 3 of 64 | 60 of 64 |" in page
    assert page.index("| evalsuite |") < page.index("| peer |")
    assert "Not measured: one by one (the lesson)" in page


def test_a_job_has_its_ratio_turn_by_turn() -> None:
    job = {"job": "embedded", "questions": 1319, "subset_size": 200, "budgets": [32, 64]}

    page = page_of(job=[{**job, "batch_size": 64, "turns": [[10, 50], [20, 120], [10, 70]]}])

    row = (
        "| embedded | 1,319 and 5 x 200 | 32, 64 | 10 (10 to 20; 3) | 70 (50 to 120; 3) | 6.0 (5.0"
    )
    assert row in page


def test_what_was_not_measured_is_said() -> None:
    page = page_of(long=[{"dtype": "float32", "turns": [{"2048": 0.5, "4096": 1.0}]}])

    assert "| float32 | 0.500 (1) | 1.000 (1) |" in page
    assert "Not measured in this session: generation, job, logs, endpoint, journal, stat" in page


def test_limits_that_were_not_held_are_named() -> None:
    results = {"long": [{"dtype": "float32", "turns": [{"2048": 0.5}]}]}
    about = {"day": "2026-12-02", "machine": "2 cores"}

    assert "Every limit was held." in speed_page(results, **about)
    assert "Limits not held: `a`, `b[1]`." in speed_page(results, missed=["a", "b[1]"], **about)


def test_the_committed_page_has_every_part() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page.count("\n## ") == len(PARTS)
    assert "Not measured in this session" not in page
