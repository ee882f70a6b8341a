"""Looking early: false alarms, coverage at every look, and what stopping early saves."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.stats.planning.exact_power import critical_losses
from evalsuite.stats.planning.required import smallest_detectable_gain
from evalsuite.stats.sequential.betting import _log_capital_without_replacement, log_capital
from evalsuite.stats.sequential.looks import e_process, look

if TYPE_CHECKING:
    from rates import Rates

VALUES = np.array([-1.0, 0.0, 1.0])


def simulate(n: int, discordance: float, gain: float, runs: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cells = [(discordance - gain) / 2, 1 - discordance, (discordance + gain) / 2]
    return rng.choice(np.array([-1, 0, 1]), size=(runs, n), p=cells)


def false_real(outcomes: np.ndarray) -> float:
    return float(np.mean([e_process(row).stopped_at is not None for row in outcomes]))


def naive_false_real(outcomes: np.ndarray) -> float:
    """Share of runs in which the exact test, repeated after every question, rejects once."""
    losses, gains = np.cumsum(outcomes == -1, axis=1), np.cumsum(outcomes == 1, axis=1)
    critical = critical_losses(2_048, 0.05, "exact")
    return float((np.minimum(losses, gains) <= critical[losses + gains]).any(axis=1).mean())


def missed_by_looking(outcomes: np.ndarray, gain: float, every: int) -> float:
    """Share of runs in which the sequence loses the true gain at some look."""
    missed = 0
    for row in outcomes:
        steps = np.stack([np.cumsum(row == value) for value in VALUES], axis=1)[every - 1 :: every]
        missed += any(log_capital(VALUES, c, gain).hedged >= math.log(20) for c in steps)
    return missed / len(outcomes)


def missed_without_replacement(split: np.ndarray, runs: int, every: int, seed: int) -> float:
    rng, n, missed = np.random.default_rng(seed), len(split), 0
    for _ in range(runs):
        steps = rng.permutation(split).astype(float)
        before = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
        means = (split.sum() - before) / (n - np.arange(n))
        missed += any(
            _log_capital_without_replacement(steps[:at], means[:at]).hedged >= math.log(20)
            for at in range(every, n + 1, every)
        )
    return missed / runs


def stopping_ratio(n: int, discordance: float, runs: int, seed: int) -> tuple[float, float]:
    """Median stop over n, and share stopped by n, at 1.5 times the smallest detectable gain."""
    detectable = smallest_detectable_gain(n, discordance)
    assert detectable is not None
    gain = 1.5 * detectable
    assert gain <= discordance
    stops = [
        e_process(row).stopped_at or math.inf for row in simulate(n, discordance, gain, runs, seed)
    ]
    return float(np.median(stops)) / n, float(np.mean(np.isfinite(stops)))


def test_looking_after_every_question_rarely_finds_what_is_not_there() -> None:
    outcomes = simulate(400, 0.2, 0.0, 500, seed=1)

    assert false_real(outcomes) <= 0.05
    assert naive_false_real(outcomes) > 0.12  # why the fixed test must not be repeated


def test_sequence_keeps_the_true_gain_at_every_look() -> None:
    assert missed_by_looking(simulate(200, 0.3, 0.1, 250, seed=2), 0.1, every=10) <= 0.05


def test_sequence_without_replacement_keeps_the_true_gain_at_every_look() -> None:
    split = np.repeat([-1, 0, 1], [10, 70, 20])

    assert missed_without_replacement(split, runs=150, every=10, seed=3) <= 0.05


def test_stopping_early_saves_two_fifths_when_the_gain_is_clear() -> None:
    median, _ = stopping_ratio(200, 0.3, runs=300, seed=4)

    assert median <= 0.6


@pytest.mark.calibration
@pytest.mark.parametrize("discordance", [0.05, 0.1, 0.2, 0.3, 0.5])
def test_peeking_at_the_full_split(discordance: float, rates: Rates) -> None:
    """Acceptance 8: 4,000 runs of 1,319 questions."""
    outcomes = simulate(1_319, discordance, 0.0, 4_000, seed=10)
    ours, naive = false_real(outcomes), naive_false_real(outcomes)

    cell = f"{100 * discordance:.0f}% differ"
    rates.share("anytime_claim", cell, 4_000 * ours, 4_000, n=1_319, at_most=0.05)
    assert naive > 0.15


@pytest.mark.calibration
@pytest.mark.parametrize("discordance", [0.05, 0.2, 0.5])
def test_looks_without_replacement_from_a_split_without_a_difference(
    discordance: float, rates: Rates
) -> None:
    half = int(1_319 * discordance / 2)
    split = np.repeat([-1, 0, 1], [half, 1_319 - 2 * half, half])
    rng = np.random.default_rng(11)
    ours = false_real(np.array([rng.permutation(split) for _ in range(2_000)]))

    cell = f"{100 * discordance:.0f}% differ, from a finite split"
    rates.share("anytime_claim", cell, 2_000 * ours, 2_000, n=1_319, at_most=0.05)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("n", "discordance"),
    # at 100 questions and psi .1 a gain of 1.5 x 8.8 points cannot exist
    [(100, 0.2), (100, 0.3), *((n, psi) for n in (200, 500, 1_319) for psi in (0.1, 0.2, 0.3))],
)
def test_median_stop_is_at_most_three_fifths(n: int, discordance: float) -> None:
    median, stopped = stopping_ratio(n, discordance, runs=1_500, seed=12)

    print(f"n {n} psi {discordance}: median stop {median:.3f} n, stopped by n {stopped:.3f}")
    assert median <= 0.6


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("discordance", "gain"), [(0.04, 0.0), (0.2, 0.0), (0.3, 0.2), (0.03, 0.01), (0.25, -0.05)]
)
def test_coverage_at_every_tenth_question(discordance: float, gain: float, rates: Rates) -> None:
    missed = missed_by_looking(simulate(600, discordance, gain, 800, seed=13), gain, every=10)

    cell = f"{100 * discordance:.0f}% differ, true gain {100 * gain:.0f}"
    rates.share("anytime_missed", cell, 800 * missed, 800, n=600, at_most=0.05)


@pytest.mark.calibration
@pytest.mark.parametrize("cells", [(10, 270, 20), (60, 180, 60), (2, 290, 8)])
def test_coverage_without_replacement(cells: tuple[int, int, int], rates: Rates) -> None:
    split = np.repeat([-1, 0, 1], cells)
    missed = missed_without_replacement(split, runs=600, every=10, seed=14)

    cell = f"a split of {cells[0]} losses, {cells[2]} gains, {cells[1]} ties"
    rates.share("anytime_missed", cell, 600 * missed, 600, n=sum(cells), at_most=0.05)


@pytest.mark.calibration
def test_rule_as_a_whole_keeps_its_level() -> None:
    """Looking every 20 questions with a margin: neither word is wrong more than 5% of the time."""
    null = simulate(400, 0.1, 0.0, 300, seed=15)
    real = [_last(row, margin=0.1) for row in null]
    edge = [_last(row, margin=0.06) for row in simulate(400, 0.1, 0.06, 300, seed=16)]

    print("null:", {word: real.count(word) for word in set(real)})
    print("gain at the margin:", {word: edge.count(word) for word in set(edge)})
    assert (real.count("improved") + real.count("regressed")) / 300 <= 0.05
    assert edge.count("equivalent") / 300 <= 0.05


def _last(row: np.ndarray, margin: float) -> str:
    for at, _ in pairwise([*range(20, 401, 20), 401]):
        result = look(row[:at], n_planned=400, margin=margin)
        if result.action == "stop":
            return result.reason
    raise AssertionError("the rule must stop at the last planned question")
