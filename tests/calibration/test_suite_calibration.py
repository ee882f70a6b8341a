"""Rules of a suite: how often each of its claims is false, by simulation with the rules themselves.

Prints the table of docs/reference/verdict.md: ``nox -s calibration -- -k suite -s``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from suite_builders import drawn, suite_of_counts

if TYPE_CHECKING:
    from evalsuite.records.groups.suite import SuiteComparison

Chances = tuple[float, float]
"""Of losing and of gaining a question."""

RUNS = 1000
ALLOWED = 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5
"""The level, and three errors of a share of so many runs."""
NULLS: dict[str, Chances] = {
    "few differ": (0.02, 0.02),
    "some differ": (0.1, 0.1),
    "many differ": (0.3, 0.3),
}
SIZES = {
    "3 x 30": (30,) * 3,
    "5 x 100": (100,) * 5,
    "5 x 1,000": (1000,) * 5,
    "30 to 1,319": (30, 30, 500, 1319),
    "20 x 50": (50,) * 20,
}
BETTER: Chances = (0.02, 0.14)
MARGIN = 0.02


def simulated(chances: list[Chances], sizes: tuple[int, ...]) -> list[SuiteComparison]:
    rng = np.random.default_rng(20261129)
    return [suite_of_counts(drawn(chances, sizes, rng)) for _ in range(RUNS)]


def decisions_of(record: SuiteComparison) -> list[str]:
    return [part.verdict.decision if part.verdict else "" for part in record.parts]


def decision_of(record: SuiteComparison) -> str:
    assert record.verdict is not None
    return record.verdict.decision


@pytest.mark.calibration
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("chances", NULLS.values(), ids=NULLS)
def test_a_pair_that_differs_on_no_task_is_rarely_said_to(
    chances: Chances, sizes: tuple[int, ...]
) -> None:
    records = simulated([chances] * len(sizes), sizes)

    words = Counter(map(decision_of, records))
    claimed = sum(words[word] for word in ("improved", "regressed", "mixed")) / RUNS
    uneven = sum("uneven" in r.verdict.qualifiers for r in records if r.verdict) / RUNS
    outside = sum(r.suite.mean.interval.low > 0 or r.suite.mean.interval.high < 0 for r in records)
    lowest = sum(r.suite.lowest.interval.high < 0 for r in records) / RUNS
    print(f"\nnull {chances} {sizes}: claimed {claimed:.3f}, uneven {uneven:.3f}, ", end="")
    print(f"mean's interval {outside / RUNS:.3f}, lowest's {lowest:.3f}")
    assert max(claimed, uneven, outside / RUNS, lowest) <= ALLOWED


@pytest.mark.calibration
@pytest.mark.parametrize("sizes", [(300,) * 3, (300,) * 6], ids=["1 of 3", "1 of 6"])
def test_a_task_without_a_gain_among_better_ones_is_rarely_said_to_differ(
    sizes: tuple[int, ...],
) -> None:
    records = simulated([(0.1, 0.1), *[BETTER] * (len(sizes) - 1)], sizes)

    claimed = sum(decisions_of(r)[0] in ("improved", "regressed") for r in records) / RUNS
    power = sum(decision_of(r) == "improved" for r in records) / RUNS
    print(f"\na null task among better ones {sizes}: {claimed:.3f}; improved {power:.3f}")
    assert claimed <= ALLOWED
    assert power >= 0.95


@pytest.mark.calibration
def test_a_suite_that_is_better_somewhere_is_rarely_called_mixed_or_regressed() -> None:
    records = simulated([BETTER, BETTER, (0.1, 0.1), (0.1, 0.1)], (300,) * 4)

    words = Counter(map(decision_of, records))
    false = (words["mixed"] + words["regressed"]) / RUNS
    print(f"\n2 of 4 better: {dict(words)}")
    assert false <= ALLOWED


@pytest.mark.calibration
def test_a_mean_of_zero_made_of_gain_and_loss_is_rarely_established() -> None:
    records = simulated([(0.05, 0.13), (0.13, 0.05)], (400, 400))

    false = sum(r.suite.mean.decision in ("improved", "regressed") for r in records) / RUNS
    words = Counter(map(decision_of, records))
    print(f"\na mean of 0 made of +8 and -8: {false:.3f}; {dict(words)}")
    assert false <= ALLOWED


@pytest.mark.calibration
@pytest.mark.parametrize("n_at_margin", [1, 3])
def test_a_task_at_the_margin_is_rarely_equivalent_with_the_others(n_at_margin: int) -> None:
    at_margin = [(0.05 + MARGIN, 0.05)] * n_at_margin
    records = simulated([*at_margin, *[(0.05, 0.05)] * (3 - n_at_margin)], (3000,) * 3)

    false = sum(decision_of(r) == "equivalent" for r in records) / RUNS
    print(f"\nequivalent with {n_at_margin} of 3 tasks at the margin: {false:.3f}")
    assert false <= ALLOWED


@pytest.mark.calibration
def test_alike_models_are_found_equivalent_where_the_questions_allow() -> None:
    records = simulated([(0.03, 0.03)] * 3, (3000,) * 3)

    share = sum(decision_of(r) == "equivalent" for r in records) / RUNS
    print(f"\nequivalent without any difference, 3 x 3,000: {share:.3f}")
    assert share >= 0.8
