"""How often *form_only* and *budget_only* are said of no gain, and *improved* of form or length."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from builders import checked, run

from evalsuite.comparing.compare import Design
from evalsuite.records.verdict import Policy
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from rates import Rates

ANSWERS = (r"\boxed{7}", "it is 7", r"\boxed{8}")
"""Right; right without its box; wrong."""
LONG = ("many words first " + ANSWERS[0], "many words first " + ANSWERS[2])
"""Right and wrong, later than the smaller budget."""
REPEATS = 200


def decisions(
    n: int, unboxed: tuple[float, float], knows: tuple[float, float], seed: int
) -> Counter[str]:
    """Judge pairs that know independent answers at some rate and leave out some boxes."""
    rng = np.random.default_rng(seed)
    counted: Counter[str] = Counter()
    for _ in range(REPEATS):
        sides = []
        for share, rate in zip(unboxed, knows, strict=True):
            known, boxed = rng.random(n) < rate, rng.random(n) >= share
            kind = np.where(known, np.where(boxed, 0, 1), 2)
            sides.append(run([ANSWERS[k] for k in kind]))
        compared = checked(sides[0], sides[1], Design(budgets=(64,)))
        verdict = with_verdict(compared, Policy()).verdict
        counted[verdict.decision if verdict else "none"] += 1
    return counted


def decisions_by_length(
    n: int, long: tuple[float, float], knows: tuple[float, float], seed: int
) -> Counter[str]:
    """Judge pairs, some of whose answers are cut off at the headline's budget."""
    rng = np.random.default_rng(seed)
    counted: Counter[str] = Counter()
    for _ in range(REPEATS):
        sides = []
        for share, rate in zip(long, knows, strict=True):
            known, is_long = rng.random(n) < rate, rng.random(n) < share
            texts = [
                (LONG if late else (ANSWERS[0], ANSWERS[2]))[0 if right else 1]
                for late, right in zip(is_long, known, strict=True)
            ]
            sides.append(run(texts))
        design = Design(budgets=(12, 64), headline_budget=12)
        verdict = with_verdict(checked(sides[0], sides[1], design), Policy()).verdict
        counted[verdict.decision if verdict else "none"] += 1
    return counted


pytestmark = pytest.mark.calibration

CLAIMS = ("form_only", "budget_only", "improved", "regressed")


@pytest.mark.parametrize("n", [100])
def test_without_a_gain_nothing_is_claimed(n: int, rates: Rates) -> None:
    counted = decisions(n, (0.1, 0.1), (0.5, 0.5), seed=1)
    by_length = decisions_by_length(n, (0.2, 0.2), (0.5, 0.5), seed=4)

    for cell, words in (("form", counted), ("length", by_length)):
        wrong = sum(words[claim] for claim in CLAIMS)
        rates.share("narrow_null", f"{cell} alike", wrong, REPEATS, n=n, at_most=0.05)


@pytest.mark.parametrize("n", [100])
def test_a_gain_that_is_form_alone_is_seldom_called_improved(n: int, rates: Rates) -> None:
    counted = decisions(n, (0.6, 0.0), (0.5, 0.5), seed=2)

    form = counted["form_only"]
    rates.share("narrow_improved", "form alone", counted["improved"], REPEATS, n=n, at_most=0.05)
    rates.share("narrow_named", "form alone", form, REPEATS, n=n, at_least=0.8)


@pytest.mark.parametrize("n", [100])
def test_a_gain_that_is_length_alone_is_seldom_called_improved(n: int, rates: Rates) -> None:
    """Six of ten answers of base are cut off here and right as often as trained's, if whole."""
    counted = decisions_by_length(n, (0.6, 0.0), (0.5, 0.5), seed=5)

    budget = counted["budget_only"]
    rates.share("narrow_improved", "length alone", counted["improved"], REPEATS, n=n, at_most=0.05)
    rates.share("narrow_named", "length alone", budget, REPEATS, n=n, at_least=0.8)


def test_a_gain_in_knowledge_is_not_taken_for_form(rates: Rates) -> None:
    counted = decisions(100, (0.02, 0.0), (0.3, 0.7), seed=3)

    cell = "40 points of knowledge"
    rates.share("narrow_taken", cell, counted["form_only"], REPEATS, n=100, at_most=0.05)
    assert counted["improved"] / REPEATS >= 0.9
