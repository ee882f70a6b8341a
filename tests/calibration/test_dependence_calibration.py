"""How often a dependence is claimed where there is none, on the answers of the real pair.

The null swaps base and trained at random on each question: every budget and grader then has no gain
in expectation, and none differs from another. Verdict words differed in all of these evaluations.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.comparing.contrasts import Gains, by_question, gain_difference
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
    columns = {f"budget {budget}": by_question(paired.at(budget)) for budget in BUDGETS}
    return columns | {"flexible": by_question(paired.at(1024), "flexible")}


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
