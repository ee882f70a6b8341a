"""What stands beside the gain, and when it is not known.

Lengths are in tokens of budget, the end token counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import paired, run

from evalsuite.comparing.budgets import ended_within
from evalsuite.comparing.diagnostics import calculations_of, diagnose
from evalsuite.comparing.gain import table_of
from evalsuite.comparing.tabulate import tabulate
from evalsuite.records.comparison import Table
from evalsuite.records.verdict import Policy

if TYPE_CHECKING:
    from evalsuite.records.run import Run

TEXTS = [" ".join(["word"] * n) for n in range(2, 12)]
BASE = run(["7", "8", "7", "8"], budget=4)
TRAINED = run(
    ["7", "7", "7777", "8"],
    name="trained",
    finishes=["stop", "stop", "length", "stop"],
    budget=4,
)


def table(losses: int, gains: int) -> Table:
    return Table(both=1, losses=losses, gains=gains, neither=3 - losses - gains)


def median_length(run_of_texts: Run) -> int:
    outcomes = paired(run_of_texts, run_of_texts)
    counts = table_of(outcomes.base.correct, outcomes.trained.correct)
    length: int = diagnose(outcomes, counts, Policy())["lengths"]["base"]["median"]
    return length


def test_the_median_length_is_a_budget_within_which_half_have_ended() -> None:
    """A budget counts the end token, so must a length; one token less is one too few."""
    stored = run(TEXTS)
    budget = median_length(stored)

    def ended(tokens: int) -> int:
        return sum(ended_within(response, tokens) is True for response in stored.responses)

    assert ended(budget) >= len(TEXTS) / 2
    assert ended(budget - 1) < len(TEXTS) / 2


def test_lengths_are_tokens_until_the_end_of_an_answer() -> None:
    lengths = diagnose(paired(BASE, TRAINED), table(1, 1), Policy())["lengths"]

    assert lengths["base"] == {"median": 2, "tokens_for_95_percent": 2}  # the sign and the end
    assert lengths["trained"]["tokens_for_95_percent"] is None  # one never ended


def test_lengths_without_a_stop_reason_are_unknown() -> None:
    responses = tuple(replace(r, finish="unknown") for r in TRAINED.responses)
    log = replace(TRAINED, responses=responses)

    lengths = diagnose(paired(BASE, log), table(1, 1), Policy())["lengths"]

    assert lengths["base"] is not None
    assert lengths["trained"] is None


@pytest.mark.parametrize(("losses", "gains", "is_there"), [(1, 1, True), (0, 0, False)])
def test_the_methods_check_themselves_where_answers_differ(
    losses: int, gains: int, is_there: bool
) -> None:
    diagnostics = diagnose(paired(BASE, TRAINED), table(losses, gains), Policy())

    assert ("self_check" in diagnostics) is is_there


def test_calculations_are_read_of_word_problems_alone() -> None:
    assert calculations_of(tabulate(BASE)) is None
