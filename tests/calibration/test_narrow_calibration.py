"""How often *form_only* is said of no gain, and *improved* of a gain that is form alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from builders import checked, run

from evalsuite.comparing.compare import Design
from evalsuite.records.verdict import Policy
from evalsuite.verdict.pair import with_verdict

ANSWERS = (r"\boxed{7}", "it is 7", r"\boxed{8}")
"""Right; right without its box; wrong."""
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


LIMIT = 0.05 + 2 * (0.05 * 0.95 / REPEATS) ** 0.5


@pytest.mark.parametrize("n", [100])
def test_without_a_gain_no_form_is_claimed(n: int) -> None:
    counted = decisions(n, (0.1, 0.1), (0.5, 0.5), seed=1)

    print(f"n {n}, no gain: {dict(counted)}")
    assert (counted["form_only"] + counted["improved"] + counted["regressed"]) / REPEATS <= LIMIT


@pytest.mark.parametrize("n", [100])
def test_a_gain_that_is_form_alone_is_seldom_called_improved(n: int) -> None:
    counted = decisions(n, (0.6, 0.0), (0.5, 0.5), seed=2)

    print(f"n {n}, form alone: {dict(counted)}")
    assert counted["improved"] / REPEATS <= LIMIT
    assert counted["form_only"] / REPEATS >= 0.8


def test_a_gain_in_knowledge_is_not_taken_for_form() -> None:
    counted = decisions(100, (0.02, 0.0), (0.3, 0.7), seed=3)

    print(f"n 100, knowledge: {dict(counted)}")
    assert counted["form_only"] / REPEATS <= LIMIT
    assert counted["improved"] / REPEATS >= 0.9
