"""How often a dependence is claimed where there is none, on the answers of the real pair.

The null swaps base and trained at random on each question: every budget and grader then has no gain
in expectation, and none differs from another. Verdict words differed in all of these evaluations.

Decodings with other numbers of samples are simulated: single answers beside eight of the same
questions, both models with rates of their own, so that both gains are the same 8 points in truth.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.comparing.contrasts import Gains, gain_difference, question_gains
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate
from evalsuite.disk.storage import load_run
from evalsuite.models.names import resolve
from evalsuite.stats import holm

if TYPE_CHECKING:
    from rates import Rates

RUNS = Path(__file__).parents[2] / "runs"
BUDGETS = (150, 200, 300, 400, 512, 1024)
REPEATS = 400


@pytest.fixture(scope="module")
def gains() -> dict[str, Gains]:
    """Give the gain on every question at every budget, and by the flexible grader."""
    names = ("run:qwen-coder-0.5b-base", "run:qwen-coder-0.5b-trained")
    runs = [load_run(Path(resolve(name, runs=RUNS).location)) for name in names]
    paired = pair_tables(*(tabulate(run, BUDGETS) for run in runs))
    columns = {f"budget {budget}": question_gains(paired.at(budget)) for budget in BUDGETS}
    return columns | {"flexible": question_gains(paired.at(1024), "flexible")}


def false_alarms(columns: dict[str, Gains], headline: Gains, questions: int) -> int:
    """Count evaluations in which some column is claimed to differ from the headline's."""
    rng = np.random.default_rng(23)
    alarms = 0
    for _ in range(REPEATS):
        rows = rng.permutation(len(headline))[:questions]
        signs = rng.choice((-1, 1), (questions, 1))
        here = (np.array(headline)[rows] * signs).tolist()
        differences = [
            gain_difference((np.array(column)[rows] * signs).tolist(), here, 0.95)
            for column in columns.values()
        ]
        adjusted = holm([difference.exact for difference in differences])
        alarms += any(
            p <= 0.05 and not d.interval.low <= 0 <= d.interval.high
            for p, d in zip(adjusted, differences, strict=True)
        )
    return alarms


@pytest.mark.parametrize("questions", [100, 300, 1319])
def test_some_budget_is_called_a_dependence_in_at_most_one_of_twenty(
    gains: dict[str, Gains], questions: int, rates: Rates
) -> None:
    others = {name: gains[name] for name in gains if name.startswith("budget")}
    headline = others.pop("budget 1024")

    alarms = false_alarms(others, headline, questions)

    cell = f"{questions} questions, five budgets"
    rates.share("dependence_budgets", cell, alarms, REPEATS, n=questions, at_most=0.05)


@pytest.mark.parametrize("questions", [300, 1319])
def test_the_grader_is_called_a_dependence_in_at_most_one_of_twenty(
    gains: dict[str, Gains], questions: int, rates: Rates
) -> None:
    alarms = false_alarms({"flexible": gains["flexible"]}, gains["budget 1024"], questions)

    cell = f"{questions} questions"
    rates.share("dependence_grader", cell, alarms, REPEATS, n=questions, at_most=0.05)


@pytest.mark.parametrize("samples", [2, 8])
@pytest.mark.parametrize("questions", [50, 200, 1319])
def test_a_decoding_with_other_samples_is_called_a_dependence_in_at_most_one_of_twenty(
    questions: int, samples: int
) -> None:
    rng = np.random.default_rng(29)
    alarms = covered = 0
    for _ in range(REPEATS):
        base = rng.beta(0.4, 0.6, questions)
        moved = rng.random(questions)
        trained = np.where(moved < 0.16, 1.0, np.where(moved < 0.20, 0.0, base))
        single = gains_of(rng, base, trained, 1)
        several = gains_of(rng, base, trained, samples)
        difference = gain_difference(several, single, 0.95)
        holds_none = difference.interval.low <= 0 <= difference.interval.high
        covered += holds_none
        alarms += difference.exact <= 0.05 and not holds_none

    print(f"n {questions}, 1 beside {samples}: claimed {alarms / REPEATS:.4f}")
    print(f"n {questions}, 1 beside {samples}: covered {covered / REPEATS:.4f}")
    assert alarms / REPEATS <= 0.05 + 2 * (0.05 * 0.95 / REPEATS) ** 0.5
    assert covered / REPEATS >= 0.95 - 2 * (0.05 * 0.95 / REPEATS) ** 0.5


def gains_of(
    rng: np.random.Generator, base: np.ndarray, trained: np.ndarray, samples: int
) -> Gains:
    """Draw answers of both models: trained minus base, questions x samples."""
    right = [rng.random((len(base), samples)) < rates[:, None] for rates in (base, trained)]
    gains: Gains = (right[1].astype(int) - right[0].astype(int)).tolist()
    return gains
