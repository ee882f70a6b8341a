"""Diagnosis of a GRPO run from its log: whether it has anything to learn from, and learns.

The loss says nothing: GRPO's loss is about 0 by construction, learning or not. What tells is
the share of groups in which answers differ in outcome, the spread of the reward, the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from evalsuite.records.training import Diagnosis
from evalsuite.training.failures.findings import (
    last_heldout,
    lines_of,
    outcomes,
    trend_findings,
)
from evalsuite.training.failures.trends import FEWEST_STEPS, last_look, trend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Diagnosis", "OnLog", "conclude", "diagnose"]

_WINDOW = 20
"""Steps that count: a single step holds too few groups to judge by."""
_MOST_WITHOUT_SIGNAL = 0.8
"""Beyond it fewer than one group in five teaches anything."""
_MOST_CLIPPED = 0.5
_FIRST_ROWS = 3
"""Rows that show what the start model could do: later ones are about the model as it is."""
_LEAST_AT_START, _FALL = 0.05, 4
"""From at least 5% right to less than a quarter of that: no longer the questions' fault."""
_LEAST_ENTROPY, _ENTROPY_FALL = 0.01, 10
"""Nats a token, at which answers are all but deterministic; or a tenth of what it was."""
_MOST_RATIOS_CLIPPED = 0.2
"""Share of tokens: the weights are then far from those that sampled the answers."""
_NOW = frozenset({"no_signal", "no_gradient", "cut_off", "collapsed", "ratios_clipped"})
"""Findings about the last steps alone."""


OnLog = Callable[[dict[str, Any], tuple[Diagnosis, ...]], None]
"""Called after every logged step with its row and what the log so far means."""


def diagnose(log: Sequence[Mapping[str, float]]) -> tuple[Diagnosis, ...]:
    """Find what the last 20 rows of a ``train_log.jsonl`` mean; empty where nothing is wrong.

    It is asked after every step; trends are looked at after 24 rows, 48, 96 and so on. The
    catalogues of `evalsuite.reporting` have the sentences.

    References
    ----------
    .. [1] arXiv 2605.21125: the early share of groups without advantage predicts how a run ends.

    Examples
    --------
    >>> rows = [{"groups_without_signal": 0.9, "groups_all_wrong": 0.9, "reward_std": 0.1}] * 5
    >>> [finding.code for finding in diagnose(rows)]
    ['no_signal']
    """
    return _findings(log[-_WINDOW:], log, trend_findings(log[: last_look(len(log))]))


def conclude(log: Sequence[Mapping[str, float]]) -> tuple[Diagnosis, ...]:
    """Find at the end of a run what its whole log means; never empty.

    What the log can't tell is a finding as well.

    Examples
    --------
    >>> [(f.code, f.variant) for f in conclude([{"step": 1, "reward": 0, "reward_std": 0.0}])]
    [('nothing_learned', 'reward')]
    """
    rows = [row for row in log if "reward" in row or "reward_std" in row]
    if not rows:
        return (Diagnosis(code="unknown", level="problem"),)
    nothing, trends = _nothing_learned(rows), trend_findings(log)
    if nothing is not None:
        reasons = (f for f in _findings(rows, log, trends) if f.code != "no_gradient")
        return (nothing, *reasons)
    return _findings(log[-_WINDOW:], log, trends) or (_nothing_wrong(rows),)


def _findings(
    rows: Sequence[Mapping[str, float]],
    log: Sequence[Mapping[str, float]],
    trends: tuple[Diagnosis, ...],
) -> tuple[Diagnosis, ...]:
    fall = _fall(log)
    findings = (
        fall,
        _signal(
            _mean(rows, "groups_without_signal"),
            _mean(rows, "groups_all_wrong"),
            rewards={
                key.split("/")[1] for row in rows for key in row if key.startswith("rewards/")
            },
            has_fallen=fall is not None,
        ),
        _no_learning(rows),
        _clipped(_mean(rows, "completions/clipped_ratio")),
        _collapsed([row["entropy"] for row in log if "entropy" in row], _mean(rows, "entropy")),
        _ratios_clipped(_mean(rows, "clip_ratio/region_mean")),
        _halved(
            [row["completions/mean_length"] for row in log if "completions/mean_length" in row]
        ),
    )
    found = (*(finding for finding in findings if finding is not None), *trends)
    codes = {finding.code for finding in found}
    return tuple(
        replace(finding, lines=lines_of(finding.code, rows if finding.code in _NOW else log))
        for finding in found
        # What held-out questions show is said once, with the reward that misled.
        if not (finding.code == "unlearned" and "reward_up_heldout_down" in codes)
    )


def _nothing_learned(rows: Sequence[Mapping[str, float]]) -> Diagnosis | None:
    # Of every step, not on average: one step that moved the weights is enough to have learned.
    if all(row.get("reward_std") == 0 for row in rows):
        variant = "reward"
    elif all(row.get("grad_norm") == 0 for row in rows) and _is_step_by_step(rows):
        variant = "gradient"
    else:
        return None
    return Diagnosis(
        code="nothing_learned",
        level="problem",
        variant=variant,
        values={"n": len(rows)},
        lines=lines_of("nothing_learned", rows),
    )


def _nothing_wrong(rows: Sequence[Mapping[str, float]]) -> Diagnosis:
    column, right = outcomes(rows)
    values = {"n": float(len(rows)), "fewest": float(FEWEST_STEPS)}
    if right:
        values |= {"first": right[0], "last": _average(right[-_WINDOW:])}
    is_short = trend(rows, column or "reward") is None
    return Diagnosis(
        code="healthy",
        level="note",
        variant="_".join(("right",) * bool(right) + ("short",) * is_short),
        values=values,
    )


def _fall(log: Sequence[Mapping[str, float]]) -> Diagnosis | None:
    """Judge whether the model does worse than at the start, whatever the questions are like."""
    look = last_heldout(log)
    if look is not None and look["heldout/change_high"] < 0:
        return Diagnosis(
            code="unlearned",
            level="problem",
            values={"start": look["heldout/start"], "now": look["heldout/accuracy"]},
        )
    _, right = outcomes(log)
    first, later = right[:_FIRST_ROWS], right[_FIRST_ROWS:][-_WINDOW:]
    # The best of the first rows: a model may be destroyed by its first step.
    if not later or max(first) < _LEAST_AT_START or _average(later) > max(first) / _FALL:
        return None
    return Diagnosis(
        code="fallen",
        level="warning",
        values={"first": max(first), "last": _average(later)},
    )


def _signal(
    share: float | None, all_wrong: float | None, *, rewards: set[str], has_fallen: bool
) -> Diagnosis | None:
    """Judge the outcome's signal; the random control is paid for something else."""
    if share is None or share <= _MOST_WITHOUT_SIGNAL or "random" in rewards:
        return None
    is_hard = all_wrong is None or all_wrong >= share / 2
    cause = "fallen" if is_hard and has_fallen else "hard" if is_hard else "easy"
    # A group whose answers are equally right may still differ in partial credit, and teaches that.
    is_partial = bool(rewards - {"correct"})
    return Diagnosis(
        code="no_signal",
        level="problem" if share == 1 and not is_partial else "warning",
        variant=cause + "_partial" * is_partial,
        values={"share": share},
    )


def _no_learning(rows: Sequence[Mapping[str, float]]) -> Diagnosis | None:
    # The reward first: equal rewards make the gradient 0, not the other way round.
    if _mean(rows, "reward_std") == 0:
        return Diagnosis(code="no_gradient", level="problem", variant="reward")
    if _mean(rows, "grad_norm") == 0 and _is_step_by_step(rows):
        return Diagnosis(code="no_gradient", level="problem", variant="gradient")
    return None


def _is_step_by_step(rows: Sequence[Mapping[str, float]]) -> bool:
    """Say whether each row is about one step: one about several has the last one's gradient."""
    steps = [row["step"] for row in rows if "step" in row]
    return steps in ([], [1]) or (
        len(steps) > 1 and all(later - step == 1 for step, later in pairwise(steps))
    )


def _clipped(share: float | None) -> Diagnosis | None:
    if share is None or share <= _MOST_CLIPPED:
        return None
    return Diagnosis(
        code="cut_off",
        level="warning",
        values={"share": share},
    )


def _collapsed(course: Sequence[float], now: float | None) -> Diagnosis | None:
    start = _average(course[:_FIRST_ROWS]) if course else 0.0
    has_fallen = len(course) > _WINDOW and now is not None and now < start / _ENTROPY_FALL
    if now is None or not (now < _LEAST_ENTROPY or has_fallen):
        return None
    return Diagnosis(
        code="collapsed",
        level="warning",
        values={"first": start, "last": now},
    )


def _ratios_clipped(share: float | None) -> Diagnosis | None:
    if share is None or share <= _MOST_RATIOS_CLIPPED:
        return None
    return Diagnosis(
        code="ratios_clipped",
        level="warning",
        values={"share": share},
    )


def _halved(lengths: Sequence[float]) -> Diagnosis | None:
    if len(lengths) < 2 * _WINDOW or _average(lengths[-_WINDOW:]) >= lengths[0] / 2:
        return None
    return Diagnosis(
        code="shortened",
        level="warning",
        values={"first": lengths[0], "last": _average(lengths[-_WINDOW:])},
    )


def _mean(rows: Sequence[Mapping[str, float]], key: str) -> float | None:
    values = [row[key] for row in rows if key in row]
    return _average(values) if values else None


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)
