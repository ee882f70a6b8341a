"""Headlines against intervals: every table of few questions, and no word that its numbers deny.

The oracle computes p-values, Tango's intervals and the two one-sided tests of all tables at once,
by arrays; the headline comes from the verdict's own rules. Tables with more losses than gains are
the mirror image of those enumerated, which a test of its own shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binom, norm

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import Comparison, Gain, Interval, McNemar, Table
from evalsuite.records.verdict import Policy
from evalsuite.verdict.pair import rules_of_pair

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 0.3
"""Wide, so that every word occurs among few questions."""
ALPHAS = (0.01, 0.05, 0.1)
SIZES = [pytest.param(n, marks=pytest.mark.calibration if n > 40 else ()) for n in range(1, 61)]
MIRRORED = {"improved": "regressed", "improved_small": "regressed_small",
            "improved_open": "regressed_open", "inconclusive": "inconclusive_loss"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of every table of n questions, losses at most gains, one row a table."""

    losses: NDArray[np.int64]
    gains: NDArray[np.int64]
    exact: NDArray[np.float64]
    ends: NDArray[np.float64]
    """Of the interval of level 1 - alpha."""
    margin_ends: NDArray[np.float64]
    """Of the interval of level 1 - 2 alpha."""


@cache
def numbers(n: int, alpha: float) -> Numbers:
    losses, gains = np.array([(b, c) for c in range(n + 1) for b in range(min(c, n - c) + 1)]).T
    exact = np.minimum(1.0, 2 * binom.cdf(losses, losses + gains, 0.5))
    return Numbers(
        losses,
        gains,
        np.where(losses == gains, 1.0, exact),
        tango_ends(losses, gains, n, alpha),
        tango_ends(losses, gains, n, 2 * alpha),
    )


def tango_ends(
    losses: NDArray[np.int64], gains: NDArray[np.int64], n: int, alpha: float
) -> NDArray[np.float64]:
    """Bisect the score equation of Tango (1998) for all tables at once, written anew."""
    z = norm.isf(alpha / 2)
    estimate = (gains - losses) / n
    ends = []
    for sign, full in ((1, losses), (-1, gains)):
        outer, inner = np.full(len(losses), -1.0 * sign), estimate.astype(float)
        for _ in range(80):
            middle = (outer + inner) / 2
            outside = sign * score(middle, losses, gains, n) > z
            outer, inner = np.where(outside, middle, outer), np.where(outside, inner, middle)
        ends.append(np.where(full == n, -1.0 * sign, inner))
    return np.array(ends).T


def score(
    gain: NDArray[np.float64], losses: NDArray[np.int64], gains: NDArray[np.int64], n: int
) -> NDArray[np.float64]:
    b = -losses - gains + (2 * n - gains + losses) * gain
    c = -losses * gain * (1 - gain)
    q = (np.sqrt(np.maximum(b * b - 8 * n * c, 0)) - b) / (4 * n)
    variance = np.maximum(n * (2 * q + gain * (1 - gain)), 1e-300)
    standard: NDArray[np.float64] = (gains - losses - n * gain) / np.sqrt(variance)
    return standard


def headline_keys(losses: int, gains: int, n: int, alpha: float, row: Numbers, i: int) -> list[str]:
    """Judge one table, with the numbers of the oracle where a comparison holds numbers."""
    low, high = row.ends[i].tolist()
    low, high = (low, high) if gains >= losses else (-high, -low)
    comparison = replace(
        frame(),
        table=Table(both=0, losses=losses, gains=gains, neither=n - losses - gains),
        gain=Gain(
            estimate=(gains - losses) / n,
            interval=Interval(low=low, high=high),
            confidence_level=1 - alpha,
            method="tango",
        ),
        mcnemar=McNemar(exact=float(row.exact[i]), mid_p=1.0),
    )
    verdict = rules_of_pair(comparison, Policy(alpha=alpha, margin=MARGIN))
    return [statement.key.removeprefix("headline.") for statement in verdict.statements]


@cache
def frame() -> Comparison:
    comparison = compare_table(Table(both=1, losses=0, gains=0, neither=0))
    return replace(comparison, power=replace(comparison.power, required_for_margin=10**6))


def expected(n: int, alpha: float, row: Numbers, i: int) -> list[str]:
    """Say what the numbers alone allow, written as the sentences are read."""
    low, high = row.ends[i]
    rejects, is_inside = row.exact[i] <= alpha, bool(np.all(np.abs(row.margin_ends[i]) < MARGIN))
    m = int(row.losses[i] + row.gains[i])
    also = ["also_equivalent"] if is_inside else []
    if rejects:
        assert low > 0  # a "yes" whose interval holds 0 would contradict itself
        if high < MARGIN:
            return ["improved_small"]
        return ["improved_open"] if low <= MARGIN and not is_inside else ["improved", *also]
    if low > 0:
        return ["suggestive_few" if 2.0 ** (1 - m) > alpha else "suggestive", *also]
    if is_inside:
        return ["equivalent"]
    if m == 0 or 2.0 ** (1 - m) > alpha:
        return ["powerless_discordant" if 2.0 ** (1 - n) <= alpha else "powerless"]
    return ["inconclusive_tie" if row.losses[i] == row.gains[i] else "inconclusive"]


@pytest.mark.parametrize("n", SIZES)
def test_every_word_agrees_with_interval_and_pvalue(n: int) -> None:
    for alpha in ALPHAS:
        row = numbers(n, alpha)
        for i, (losses, gains) in enumerate(
            zip(row.losses.tolist(), row.gains.tolist(), strict=True)
        ):
            assert headline_keys(losses, gains, n, alpha, row, i) == expected(n, alpha, row, i)


@pytest.mark.parametrize("n", [5, 12, 25])
def test_a_table_and_its_mirror_image_say_the_same_the_other_way_round(n: int) -> None:
    row = numbers(n, 0.05)
    for i, (losses, gains) in enumerate(zip(row.losses.tolist(), row.gains.tolist(), strict=True)):
        keys = headline_keys(losses, gains, n, 0.05, row, i)
        mirrored = headline_keys(gains, losses, n, 0.05, row, i)

        is_tie = losses == gains
        assert mirrored == (keys if is_tie else [MIRRORED.get(key, key) for key in keys])


def test_among_forty_questions_every_word_occurs() -> None:
    said = {
        key
        for alpha in ALPHAS
        for n in (4, 20, 40)
        for i in range(len(numbers(n, alpha).losses))
        for key in expected(n, alpha, numbers(n, alpha), i)
    }

    assert said == {
        "also_equivalent", "equivalent", "improved", "improved_open", "inconclusive",
        "inconclusive_tie", "powerless", "powerless_discordant", "suggestive", "suggestive_few",
    } | {"improved_small"}  # fmt: skip


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_exact_test_never_rejects_where_the_interval_holds_zero(alpha: float) -> None:
    """Tango's interval excludes 0 exactly where (gains - losses)^2 / discordant exceeds z^2."""
    for m in range(1, 1320):
        fewer = np.arange(m // 2 + 1)
        exact = 2 * binom.cdf(fewer, m, 0.5)

        assert np.all((m - 2 * fewer[exact <= alpha]) ** 2 / m > norm.isf(alpha / 2) ** 2)
