"""What stands beside the gain, and when it is not known.

Lengths are in tokens of budget, the end token counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from builders import paired, run

from evalsuite.comparing.budgets import ended_within
from evalsuite.comparing.diagnostics import calculations_of, diagnose
from evalsuite.comparing.rows import gain_of
from evalsuite.comparing.tabulate import tabulate
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


def diagnosed(base: Run, trained: Run) -> dict[str, Any]:
    outcomes = paired(base, trained)
    return diagnose(outcomes, gain_of(outcomes), Policy())


def median_length(run_of_texts: Run) -> int:
    length: int = diagnosed(run_of_texts, run_of_texts)["lengths"]["base"]["median"]
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
    lengths = diagnosed(BASE, TRAINED)["lengths"]

    assert lengths["base"] == {"median": 2, "tokens_for_95_percent": 2}  # the sign and the end
    assert lengths["trained"]["tokens_for_95_percent"] is None  # one never ended


def test_lengths_without_a_stop_reason_are_unknown() -> None:
    responses = tuple(replace(r, finish="unknown") for r in TRAINED.responses)
    log = replace(TRAINED, responses=responses)

    lengths = diagnosed(BASE, log)["lengths"]

    assert lengths["base"] is not None
    assert lengths["trained"] is None


def test_the_methods_check_themselves_where_answers_differ() -> None:
    wrong, right = run([r"\boxed{8}"] * 3), run([r"\boxed{7}"] * 3)

    assert "self_check" in diagnosed(wrong, right)
    assert "self_check" not in diagnosed(right, right)


def test_calculations_are_read_of_word_problems_alone() -> None:
    assert calculations_of(tabulate(BASE)) is None
