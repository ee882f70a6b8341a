"""The page of growth: medians, ranges and slopes, and what was not measured is said."""

from __future__ import annotations

import pytest
from growth_page import PAGE, WORDS, Cost, Growth, growth_page

MIDDLE = {"questions": 300, "tokens": 100}


def grown(direction: str, *seconds: tuple[float, float, float]) -> Growth:
    turns = [[Cost(cpu_s=s, peak_mb=100) for s in turn] for turn in seconds]
    return Growth(direction=direction, middle=MIDDLE, sizes=(1, 10, 100), turns=turns)


def test_a_slope_is_the_exponent_between_the_two_largest_medians() -> None:
    growth = grown("questions", (1, 1, 100), (1, 2, 200), (1, 9, 900))

    assert growth.slope("cpu_s") == pytest.approx(2)
    assert growth.slope("peak_mb") == 0
    assert "100: 200.0 s (100.0 to 900.0), 100 MB | 2.00 | 0.00 |" in growth.row()


def test_one_turn_has_no_range_and_what_was_not_measured_is_said() -> None:
    page = growth_page([grown("questions", (1, 1, 1))], day="2026-12-01", machine="2 cores")

    assert "| questions | 1: 1.0 s, 100 MB | 10:" in page
    assert "Made on 2026-12-01, one turn: 2 cores." in page
    assert f"Not measured in this run: {', '.join(list(WORDS.values())[1:])}." in page


def test_the_committed_page_has_every_direction() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [words for words in WORDS.values() if f"| {words} |" not in page] == []
    assert "Not measured" not in page
