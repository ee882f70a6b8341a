"""Diagnosis of a GRPO run in plain language: whether it has anything to learn from, and learns.

The loss says nothing: GRPO's loss is about 0 by construction, learning or not. What tells is
the share of groups in which answers differ in outcome, the spread of the reward, the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
    """Say what the last 20 rows of a ``train_log.jsonl`` mean; empty where nothing is wrong.

    It is asked after every step; trends are looked at after 24 rows, 48, 96 and so on.

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
    """Say at the end of a run what its whole log means; never empty.

    What the log can't tell is said as well.

    Examples
    --------
    >>> [finding.sentence for finding in conclude([{"step": 1, "reward": 0, "reward_std": 0.0}])]
    ['Nothing was learned: every answer of every logged step (1) earned the same reward.']
    """
    rows = [row for row in log if "reward" in row or "reward_std" in row]
    if not rows:
        sentence = "No training step was logged, so whether anything was learned is not known."
        return (Diagnosis(code="unknown", level="problem", sentence=sentence),)
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
        _no_learning(_mean(rows, "reward_std"), _mean(rows, "grad_norm")),
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
    variant = "reward"
    if all(row.get("reward_std") == 0 for row in rows):
        reason = f"every answer of every logged step ({len(rows)}) earned the same reward"
    elif all(row.get("grad_norm") == 0 for row in rows):
        reason = f"the gradient was exactly 0 in every logged step ({len(rows)})"
        variant = "gradient"
    else:
        return None
    return Diagnosis(
        code="nothing_learned",
        level="problem",
        sentence=f"Nothing was learned: {reason}.",
        variant=variant,
        values={"n": len(rows)},
        lines=lines_of("nothing_learned", rows),
    )


def _nothing_wrong(rows: Sequence[Mapping[str, float]]) -> Diagnosis:
    column, right = outcomes(rows)
    course, values = "", {"n": float(len(rows)), "fewest": float(FEWEST_STEPS)}
    unknown = []
    if right:
        values |= {"first": right[0], "last": _average(right[-_WINDOW:])}
        course = f": {right[0]:.0%} of the sampled answers were right in the first, "
        course += f"{_average(right[-_WINDOW:]):.0%} in the last {len(right[-_WINDOW:])}"
    else:
        unknown.append("Right answers were not logged, so whether they rose or fell is unknown. ")
    is_short = trend(rows, column or "reward") is None
    if is_short:
        unknown.append(
            f"Trends need {FEWEST_STEPS} logged steps of a metric and could not be judged. "
        )
    return Diagnosis(
        code="healthy",
        level="note",
        sentence=(
            f"Nothing stands out in {len(rows)} logged steps{course}. "
            + "".join(unknown)
            + "Whether the model is better, evalsuite compare tells."
        ),
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
            sentence=(
                f"The model has unlearned: {look['heldout/start']:.0%} of the held-out questions "
                f"were right at the start, {look['heldout/accuracy']:.0%} are now; lower the "
                "learning rate, and take an earlier checkpoint."
            ),
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
        sentence=(
            f"Right answers fell from {max(first):.0%} of those sampled at the start to "
            f"{_average(later):.0%}: the model may have unlearned; lower the learning rate, or "
            "take an earlier checkpoint."
        ),
        values={"first": max(first), "last": _average(later)},
    )


def _signal(
    share: float | None, all_wrong: float | None, *, rewards: set[str], has_fallen: bool
) -> Diagnosis | None:
    """Judge the outcome's signal; the random control is paid for something else."""
    if share is None or share <= _MOST_WITHOUT_SIGNAL or "random" in rewards:
        return None
    is_hard = all_wrong is None or all_wrong >= share / 2
    variant = "fallen" if is_hard and has_fallen else "hard" if is_hard else "easy"
    if variant == "fallen":
        reason = "the model answered better at the start, so it is not the questions"
    elif variant == "hard":
        reason = "the questions are too hard for this model; choose easier ones or warm the model"
        reason += " up first"
    else:
        reason = "the questions are too easy for this model; choose harder ones"
    # A group whose answers are equally right may still differ in partial credit, and teaches that.
    partial = bool(rewards - {"correct"})
    effect = "teach at most by partial credit" if partial else "carry no signal"
    return Diagnosis(
        code="no_signal",
        level="problem" if share == 1 and not partial else "warning",
        sentence=(
            f"{share:.0%} of the groups {effect}, all their answers being equally right: {reason}."
        ),
        variant=variant,
        values={"share": share},
    )


def _no_learning(reward_std: float | None, grad_norm: float | None) -> Diagnosis | None:
    # The reward first: equal rewards make the gradient 0, not the other way round.
    if reward_std == 0:
        sentence = "Every answer earned the same reward, so nothing was learned in these steps."
        variant = "reward"
    elif grad_norm == 0:
        sentence = "The gradient is exactly 0, so the weights did not move in these steps."
        variant = "gradient"
    else:
        return None
    return Diagnosis(code="no_gradient", level="problem", sentence=sentence, variant=variant)


def _clipped(share: float | None) -> Diagnosis | None:
    if share is None or share <= _MOST_CLIPPED:
        return None
    return Diagnosis(
        code="cut_off",
        level="warning",
        sentence=(
            f"{share:.0%} of the answers were cut off at the token limit and could hardly earn "
            "a reward: raise max_new_tokens, or expect the model to learn brevity first."
        ),
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
        sentence=(
            f"The entropy has fallen to {now:.3f}: answers to one question are almost all "
            "alike and nothing new is tried; lower the learning rate or stop here."
        ),
        values={"first": start, "last": now},
    )


def _ratios_clipped(share: float | None) -> Diagnosis | None:
    if share is None or share <= _MOST_RATIOS_CLIPPED:
        return None
    return Diagnosis(
        code="ratios_clipped",
        level="warning",
        sentence=(
            f"{share:.0%} of the tokens were clipped in the loss: the weights have moved far from "
            "those that sampled the answers; lower the learning rate or the steps per batch."
        ),
        values={"share": share},
    )


def _halved(lengths: Sequence[float]) -> Diagnosis | None:
    if len(lengths) < 2 * _WINDOW or _average(lengths[-_WINDOW:]) >= lengths[0] / 2:
        return None
    return Diagnosis(
        code="shortened",
        level="warning",
        sentence=(
            f"Answers fell from {lengths[0]:.0f} to {_average(lengths[-_WINDOW:]):.0f} tokens: "
            "see in the completions table whether reasoning was dropped or only talk."
        ),
        values={"first": lengths[0], "last": _average(lengths[-_WINDOW:])},
    )


def _mean(rows: Sequence[Mapping[str, float]], key: str) -> float | None:
    values = [row[key] for row in rows if key in row]
    return _average(values) if values else None


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)
