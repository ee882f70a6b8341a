"""How often the intervals with all of base cover, and how often they claim a gain that is none.

24 cells of base's accuracy (near 0 and 1 among them), share of questions that differ, and questions
that trained answered of 1,319; each without a gain and with one of 4 points. Two more have several
samples a question. The table of `docs/explanation/how-many-questions.md` is printed by
``nox -s calibration -- -k whole_base -s``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from scipy import special

from evalsuite.stats import whole_base_gain

N, REPEATS = 1319, 20_000
DESIGNS = ((0.05, 0.1), (0.1, 0.2), (0.4, 0.1), (0.4, 0.2), (0.9, 0.2), (0.95, 0.1))
CELLS = [(*design, n) for design in DESIGNS for n in (50, 200, 330, 660)]


class Rates(NamedTuple):
    alike: float
    """Share of intervals for questions like these that cover."""
    split: float
    """Share of intervals for this split that cover."""
    narrower: float
    """Variance over that of the widened gain of the pair alone."""


def cells_of(accuracy: float, differing: float, gain: float) -> np.ndarray:
    """Give the chances of both right, lost, gained, neither."""
    lost, gained = (differing - gain) / 2, (differing + gain) / 2
    return np.array([accuracy - lost, lost, gained, 1 - accuracy - gained]).clip(0)


def intervals(part: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Work the estimator out from counts alone: center, error on questions alike, on the split."""
    part = part + np.array([0, 1, 1, 0])
    n = part.sum(axis=1)
    base, trained = part[:, [0, 1]].sum(axis=1) / n, part[:, [0, 2]].sum(axis=1) / n
    whole_n = n + rest.sum(axis=1)
    whole = (part[:, [0, 1]].sum(axis=1) + rest[:, [0, 1]].sum(axis=1)) / whole_n
    spread = n * base * (1 - base)
    slope = (part[:, 0] - n * base * trained) / spread
    residual = (n * trained * (1 - trained) - slope**2 * spread) / (n - 2)
    center = trained + slope * (whole - base) - whole
    line = residual * (1 / n + (whole - base) ** 2 / spread)
    alike = line + (slope - 1) ** 2 * whole * (1 - whole) / (whole_n - 1)
    left = rest.sum(axis=1) / (whole_n - 2)
    return center, np.sqrt(alike), np.sqrt(line * left)


def rates(chances: np.ndarray, n: int, gain: float) -> Rates:
    rng = np.random.default_rng(31)
    part = rng.multinomial(n, chances / chances.sum(), REPEATS)
    rest = rng.multinomial(N - n, chances / chances.sum(), REPEATS)
    center, alike, on_split = intervals(part, rest)
    quantile = special.stdtrit(n, 0.975)
    change = part[:, 2] - part[:, 1] + rest[:, 2] - rest[:, 1]
    moved = (part[:, 2] - part[:, 1]) / (n + 2)
    plain = ((part[:, 1] + part[:, 2] + 2) / (n + 2) - moved**2) / (n + 1)
    return Rates(
        alike=float(np.mean(np.abs(center - gain) <= quantile * alike)),
        split=float(np.mean(np.abs(center - change / N) <= quantile * on_split + 1e-12)),
        narrower=float(np.mean(alike**2) / np.mean(plain)),
    )


@pytest.mark.parametrize(("accuracy", "differing", "n"), CELLS)
def test_both_intervals_with_all_of_base_cover(accuracy: float, differing: float, n: int) -> None:
    gain = 0.04 if accuracy < 0.5 else -0.04

    null = rates(cells_of(accuracy, differing, 0), n, 0)
    real = rates(cells_of(accuracy, differing, gain), n, gain)

    print(
        f"| {accuracy:.0%} | {differing:.0%} | {n} | {null.alike:.3f} / {real.alike:.3f} "
        f"| {null.split:.3f} / {real.split:.3f} | {1 - null.alike:.3f} | {null.narrower:.2f} |"
    )
    assert min(null.alike, real.alike, null.split, real.split) >= 0.94
    assert 1 - null.alike <= 0.055


@pytest.mark.parametrize("n", [100, 400])
def test_several_samples_of_base_cover_as_well(n: int) -> None:
    rng = np.random.default_rng(37)
    covered = np.zeros(2)
    repeats = 1000
    for _ in range(repeats):
        chances = rng.beta(0.5, 0.7, N)
        base = rng.binomial(4, chances, N) / 4
        trained = rng.binomial(4, np.where(rng.random(N) < 0.08, 1.0, chances), N) / 4
        gain = whole_base_gain(base[:n], trained[:n], base[n:])
        truth = 0.08 * (1 - 0.5 / 1.2)
        on_split = float((trained - base).mean())
        covered += (
            gain.interval.low <= truth <= gain.interval.high,
            gain.interval_on_split.low <= on_split <= gain.interval_on_split.high,
        )

    print(f"4 samples, {n} of {N}: {covered[0] / repeats:.3f}, split {covered[1] / repeats:.3f}")
    assert (covered / repeats).min() >= 0.95 - 2 * (0.05 * 0.95 / repeats) ** 0.5


def test_counts_give_what_the_function_gives_from_scores() -> None:
    rng = np.random.default_rng(41)
    for _ in range(50):
        part, rest = rng.multinomial(60, (0.3, 0.1, 0.2, 0.4)), rng.multinomial(90, [0.25] * 4)
        gain = whole_base_gain(*scores(part), scores(rest)[0])

        center, alike, on_split = intervals(part[None], rest[None])

        half = special.stdtrit(60, 0.975) * np.array([alike[0], on_split[0]])
        found = gain.interval, gain.interval_on_split
        assert [i.low for i in found] == pytest.approx(list(center[0] - half))
        assert [i.high for i in found] == pytest.approx(list(center[0] + half))


def scores(counts: np.ndarray) -> tuple[list[int], list[int]]:
    both, lost, gained, neither = counts.tolist()
    base = [1] * (both + lost) + [0] * (gained + neither)
    return base, [1] * both + [0] * lost + [1] * gained + [0] * neither
