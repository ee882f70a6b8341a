"""Findings on a whole log: failures of a training that trends show, and the lines that show them.

It does not know how a trend is told from scatter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.training import Diagnosis
from evalsuite.training.failures.trends import trend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.training.failures.trends import Trend

    Row = Mapping[str, float]

__all__ = [
    "OUTCOME_NAMES",
    "is_format",
    "last_heldout",
    "lines_of",
    "outcomes",
    "trend_findings",
]

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
    if look is not None and look["heldout/change_high"] < 0:
        start, now = look["heldout/start"], look["heldout/accuracy"]
        return Diagnosis(
            code="reward_up_heldout_down",
            level="problem",
            values=paid | {"start": start, "now": now},
        )
    if right is None or not right.falls:
        return None
    return Diagnosis(
        code="reward_up_accuracy_down",
        level="problem",
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
        values=_with_right(length, right),
    )


def _spread_lost(spread: Trend | None, right: Trend | None) -> Diagnosis | None:
    if spread is None or not spread.falls or spread.last >= spread.first / _SPREAD_FALL:
        return None
    is_solved = right is not None and right.last >= _MOSTLY_RIGHT
    return Diagnosis(
        code="spread_lost",
        level="note" if is_solved else "warning",
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
