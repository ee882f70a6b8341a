"""What stands beside the gain: lengths in tokens of budget, the end token counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders import run

from evalsuite.comparing.budgets import ended_within
from evalsuite.comparing.diagnostics import diagnose
from evalsuite.comparing.gain import table_of
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate
from evalsuite.records.comparison import Policy

if TYPE_CHECKING:
    from evalsuite.records.run import Run

TEXTS = [" ".join(["word"] * n) for n in range(2, 12)]


def median_length(run_of_texts: Run) -> int:
    graded = tabulate(run_of_texts)
    outcomes = pair_tables(graded, graded).at(None)
    table = table_of(outcomes.base.correct, outcomes.trained.correct)
    length: int = diagnose(outcomes, table, Policy())["lengths"]["base"]["median"]
    return length


def test_the_median_length_is_a_budget_within_which_half_have_ended() -> None:
    """A budget counts the end token, so must a length; one token less is one too few."""
    stored = run(TEXTS)
    budget = median_length(stored)

    def ended(tokens: int) -> int:
        return sum(ended_within(response, tokens) is True for response in stored.responses)

    assert ended(budget) >= len(TEXTS) / 2
    assert ended(budget - 1) < len(TEXTS) / 2
