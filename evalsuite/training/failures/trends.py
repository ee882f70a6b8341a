"""Trends in a training's log: what rose and what did not, beyond the scatter between steps.

The first and the last steps are compared, at most 20 and at most a third of the log each. A change
counts beyond three standard errors of the difference, which allow for steps that resemble the one
before. How often logs without a trend cross that is simulated in the tests and said in
docs/training.md. It does not know whether a trend is good.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from evalsuite.records.training import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, float]

__all__ = [
    "FEWEST_STEPS",
    "OUTCOME_NAMES",
    "is_format",
    "last_heldout",
    "last_look",
    "lines_of",
    "outcomes",
    "trend",
    "trend_findings",
]

_WINDOW, _FEWEST = 20, 8
"""Steps at either end; of fewer than eight the scatter itself is not known well enough."""
FEWEST_STEPS = 3 * _FEWEST
"""Of a metric, for a trend."""
_SURE = 3.0
"""Standard errors."""
_LIKEST = 0.97
"""Correlation of neighbouring steps beyond which a log of this length can't tell it from 1."""
_LEAST_SHARE = 0.15
"""Of the scatter that a line through correlated steps leaves: a smaller one is not known well."""
_LONGER = 1.2
"""Times as long: less is nobody's worry, however sure."""
_SPREAD_FALL = 4
_MOSTLY_RIGHT = 0.9
_REWARD, _LENGTH = "reward", "completions/mean_length"
OUTCOME_NAMES = ("correct", "accuracy_reward", "accuracy")
"""Columns that pay for right answers alone, by the names of evalsuite, TRL and open-r1."""
_OUTCOMES = tuple(f"rewards/{name}/mean" for name in OUTCOME_NAMES)
_FORMAT_WORDS = ("format", "fmt")
_METRICS = {
    "nothing_learned": (_REWARD, "reward_std", "grad_norm"),
    "no_signal": ("groups_without_signal", "groups_all_wrong", *_OUTCOMES),
    "no_gradient": (_REWARD, "reward_std", "grad_norm"),
    "cut_off": ("completions/clipped_ratio", _LENGTH),
    "collapsed": ("entropy", "reward_std"),
    "ratios_clipped": ("clip_ratio/region_mean",),
    "shortened": (_LENGTH, *_OUTCOMES),
    "lengthened": (_LENGTH, *_OUTCOMES),
    "unlearned": ("heldout/accuracy", "heldout/change_high"),
    "fallen": _OUTCOMES,
    "format_only": _OUTCOMES,
    "reward_up_accuracy_down": (_REWARD, *_OUTCOMES),
    "reward_up_heldout_down": (_REWARD, "heldout/accuracy", "heldout/change_high"),
    "spread_lost": ("reward_std", _REWARD),
}
"""Metrics that show a finding, by its code."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric at both ends of a log, and its change in standard errors."""

    first: float
    last: float
    errors: float

    @property
    def rises(self) -> bool:
        """Whether it is sure to have risen."""
        return self.errors > _SURE

    def rises_among(self, n: int) -> bool:
        """Tell whether it is as sure to have risen where the best of n metrics is looked for."""
        normal = NormalDist()
        return self.errors > -normal.inv_cdf(normal.cdf(-_SURE) / n)

    @property
    def falls(self) -> bool:
        """Whether it is sure to have fallen."""
        return self.errors < -_SURE


def trend(log: Sequence[Row], key: str) -> Trend | None:
    """Compare both ends of a metric; None where too few steps have it.

    Examples
    --------
    >>> trend([{"reward": step / 30} for step in range(30)], "reward").rises
    True
    """
    values = [row[key] for row in log if key in row]
    third = len(values) // 3
    k = min(_WINDOW, third)
    if k < _FEWEST:
        return None
    first, last = sum(values[:k]) / k, sum(values[-k:]) / k
    change, error = last - first, _error(values[:third], values[-third:], k)
    if not (isfinite(change) and isfinite(error)):
        return None
    return Trend(first, last, change / error if error else change * float("1e300"))


def last_look(n: int) -> int:
    """Choose after how many of n rows trends are looked at while a training runs.

    At 24, 48, 96 and so on: a look at every step would find a trend in every long log.

    Examples
    --------
    >>> [last_look(n) for n in (10, 24, 47, 300)]
    [0, 24, 24, 192]
    """
    look = FEWEST_STEPS
    if n < look:
        return 0
    while 2 * look <= n:
        look *= 2
    return look


def outcomes(log: Sequence[Row]) -> tuple[str, list[float]]:
    """Choose the column that pays for right answers alone, and its values.

    Only one within 0 to 1 is a share of right answers; without one the column is "".
    """
    for key in _OUTCOMES:
        values = [row[key] for row in log if key in row]
        if values and all(0 <= value <= 1 for value in values):
            return key, values
    return "", []


def last_heldout(log: Sequence[Row]) -> Row | None:
    """Find the last row that tells how held-out accuracy changed, and from what to what."""
    keys = ("heldout/change_high", "heldout/start", "heldout/accuracy")
    return next((row for row in reversed(log) if all(key in row for key in keys)), None)


def _error(early: Sequence[float], late: Sequence[float], k: int) -> float:
    """Estimate the standard error of the change between two means of k steps.

    Steps are taken to resemble the one before by one correlation (autoregression of order 1). It is
    estimated from the scatter about a line in both thirds, so that a trend is no resemblance, and
    taken one standard error larger than it looks, for a short log hides much of it.
    """
    m = len(early)
    thirds = [_about_a_line(early), _about_a_line(late)]
    squares = sum(r * r for part in thirds for r in part)
    products = sum(a * b for part in thirds for a, b in pairwise(part))
    if not isfinite(squares) or squares == 0:
        return squares
    # A line takes two degrees of freedom of m steps, and about four steps' worth of likeness.
    likeness = max(0.0, min(1.0, (m * products / squares + 2) / (m - 4)))
    likeness = min(_LIKEST, likeness + sqrt((1 - likeness**2) / (2 * m)))
    left = max(_LEAST_SHARE, 1 - 2 * _inflation(likeness, m) / m)
    variance = squares / (2 * m) / left
    return sqrt(2 * variance * _inflation(likeness, k) / k)


def _inflation(likeness: float, k: int) -> float:
    """Give the variance of a mean of k correlated steps, in those of k independent ones."""
    return 1 + 2 * sum((1 - j / k) * likeness**j for j in range(1, k))


def _about_a_line(values: Sequence[float]) -> list[float]:
    m = len(values)
    middle, mean = (m - 1) / 2, sum(values) / m
    slope = 12 * sum((i - middle) * v for i, v in enumerate(values)) / (m * (m * m - 1))
    return [v - mean - slope * (i - middle) for i, v in enumerate(values)]


def trend_findings(log: Sequence[Row]) -> tuple[Diagnosis, ...]:
    """Name what went wrong over the whole of a log; empty where nothing is shown."""
    right = trend(log, outcomes(log)[0])
    findings = (
        _misled(log, right),
        _format_only(log, right),
        _lengthened(trend(log, _LENGTH), right),
        _spread_lost(trend(log, "reward_std"), right),
    )
    return tuple(finding for finding in findings if finding is not None)


def lines_of(code: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Choose the lines of a log that show a finding: its metrics at the start, between, and last.

    Examples
    --------
    >>> lines_of("cut_off", [{"step": 1, "completions/clipped_ratio": 0.9, "loss": 0.0}])
    ({'step': 1, 'completions/clipped_ratio': 0.9},)
    """
    lines = []
    for row in rows:
        known = {key: row[key] for key in row if _shows(code, key)}
        if known and "step" in row:
            lines.append({"step": row["step"], **known})
    places = sorted({0, len(lines) // 2, len(lines) - 1}) if lines else []
    return tuple(lines[place] for place in places)


def is_format(column: str) -> bool:
    """Tell whether a reward pays for form, by its name."""
    return any(word in column.lower() for word in _FORMAT_WORDS)


def _shows(code: str, key: str) -> bool:
    return key in _METRICS.get(code, ()) or (code == "format_only" and _is_format(key))


def _is_format(key: str) -> bool:
    return key.startswith("rewards/") and key.endswith("/mean") and is_format(key)


def _misled(log: Sequence[Row], right: Trend | None) -> Diagnosis | None:
    """Find a reward that rose while what it should stand for fell."""
    reward = trend(log, _REWARD)
    look = last_heldout(log)
    if reward is None or not reward.rises:
        return None
    paid = {"first": reward.first, "last": reward.last}
    told = f"The reward rose from {reward.first:.3f} to {reward.last:.3f}"
    advice = "the reward pays for something else; read answers that are paid and wrong."
    if look is not None and look["heldout/change_high"] < 0:
        start, now = look["heldout/start"], look["heldout/accuracy"]
        return Diagnosis(
            code="reward_up_heldout_down",
            level="problem",
            sentence=f"{told} while held-out accuracy fell from {start:.0%} to {now:.0%}: {advice}",
            values=paid | {"start": start, "now": now},
        )
    if right is None or not right.falls:
        return None
    return Diagnosis(
        code="reward_up_accuracy_down",
        level="problem",
        sentence=(
            f"{told} while right answers fell from {right.first:.0%} to {right.last:.0%} of those "
            f"sampled: {advice}"
        ),
        values=paid | {"start": right.first, "now": right.last},
    )


def _format_only(log: Sequence[Row], right: Trend | None) -> Diagnosis | None:
    columns = sorted({key for row in log for key in row if _is_format(key)})
    known = [t for key in columns if (t := trend(log, key)) is not None]
    trends = [t for t in known if t.rises_among(len(known))]
    if right is None or right.rises or not trends:
        return None
    return Diagnosis(
        code="format_only",
        level="warning",
        sentence=(
            f"The format reward rose from {trends[0].first:.2f} to {trends[0].last:.2f}, and right "
            f"answers are not shown to have risen ({right.first:.0%} to {right.last:.0%}): the "
            "form was learned; lower the format's weight once it is met."
        ),
        values=_with_right(trends[0], right),
    )


def _lengthened(length: Trend | None, right: Trend | None) -> Diagnosis | None:
    if length is None or right is None or right.rises or not length.rises:
        return None
    if length.last < _LONGER * length.first:
        return None
    return Diagnosis(
        code="lengthened",
        level="warning",
        sentence=(
            f"Answers grew from {length.first:.0f} to {length.last:.0f} tokens, and right ones are "
            f"not shown to have risen ({right.first:.0%} to {right.last:.0%}): read the longest "
            "ones, or penalise length."
        ),
        values=_with_right(length, right),
    )


def _spread_lost(spread: Trend | None, right: Trend | None) -> Diagnosis | None:
    if spread is None or not spread.falls or spread.last >= spread.first / _SPREAD_FALL:
        return None
    is_solved = right is not None and right.last >= _MOSTLY_RIGHT
    way_out = (
        "nearly all answers are right, so choose harder questions"
        if is_solved
        else "groups hardly teach any more; choose other questions, or stop here"
    )
    return Diagnosis(
        code="spread_lost",
        level="note" if is_solved else "warning",
        sentence=(
            f"The spread of the reward fell from {spread.first:.3f} to {spread.last:.3f}: "
            f"{way_out}."
        ),
        variant="solved" if is_solved else "",
        values={"first": spread.first, "last": spread.last},
    )


def _with_right(metric: Trend, right: Trend) -> dict[str, float]:
    return {
        "first": metric.first,
        "last": metric.last,
        "right_first": right.first,
        "right_last": right.last,
    }
