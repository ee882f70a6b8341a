"""What stands beside the gain, and when it is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import run

from evalsuite.comparing.diagnostics import calculations_of, diagnose
from evalsuite.comparing.pairing import pair_runs
from evalsuite.records.comparison import Policy, Table

BASE = run(["7", "8", "7", "8"], budget=4)
TRAINED = run(["7", "7", "7777", "8"], name="trained", finishes=["stop", "stop", "length", "stop"])


def table(losses: int, gains: int) -> Table:
    return Table(both=1, losses=losses, gains=gains, neither=3 - losses - gains)


def test_lengths_are_tokens_until_the_end_of_an_answer() -> None:
    found = diagnose(pair_runs(BASE, TRAINED), table(1, 1), Policy())

    assert found["lengths"]["base"] == {"median": 1, "tokens_for_95_percent": 1}
    assert found["lengths"]["trained"]["tokens_for_95_percent"] is None  # one never ended


def test_lengths_without_a_stop_reason_are_unknown() -> None:
    responses = tuple(replace(r, finish="unknown") for r in TRAINED.responses)

    found = diagnose(pair_runs(BASE, replace(TRAINED, responses=responses)), table(1, 1), Policy())

    assert found["lengths"]["trained"] is None


@pytest.mark.parametrize(("losses", "gains", "is_there"), [(1, 1, True), (0, 0, False)])
def test_the_methods_check_themselves_where_answers_differ(
    losses: int, gains: int, is_there: bool
) -> None:
    found = diagnose(pair_runs(BASE, TRAINED), table(losses, gains), Policy())

    assert ("self_check" in found) is is_there


def test_calculations_are_read_of_word_problems_alone() -> None:
    assert calculations_of(BASE, None) is None
