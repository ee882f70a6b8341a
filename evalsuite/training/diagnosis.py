"""Diagnosis of a GRPO run in plain language: whether it has anything to learn from, and learns.

The loss says nothing: GRPO's loss is about 0 by construction, learning or not. What tells is
the share of groups in which answers differ in outcome, the spread of the reward, the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Finding", "diagnose"]

_WINDOW = 20
"""Steps that count: a single step holds too few groups to judge by."""
_MOST_WITHOUT_SIGNAL = 0.8
"""Beyond it fewer than one group in five teaches anything."""
_MOST_CLIPPED = 0.5
_LEAST_ENTROPY = 0.01
"""Nats a token: answers are then all but deterministic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a run, with a way out."""

    code: str
    level: str
    """``warning`` or ``problem``."""
    sentence: str


def diagnose(log: Sequence[Mapping[str, float]]) -> tuple[Finding, ...]:
    """Say what the last 20 rows of a ``train_log.jsonl`` mean; empty where nothing is wrong.

    References
    ----------
    .. [1] arXiv 2605.21125: the early share of groups without advantage predicts how a run ends.

    Examples
    --------
    >>> rows = [{"groups_without_signal": 0.9, "groups_all_wrong": 0.9, "reward_std": 0.1}] * 5
    >>> [finding.code for finding in diagnose(rows)]
    ['no_signal']
    """
    rows = log[-_WINDOW:]
    findings = (
        _signal(
            _mean(rows, "groups_without_signal"),
            _mean(rows, "groups_all_wrong"),
            rewards={
                key.split("/")[1] for row in rows for key in row if key.startswith("rewards/")
            },
        ),
        _no_learning(_mean(rows, "reward_std"), _mean(rows, "grad_norm")),
        _clipped(_mean(rows, "completions/clipped_ratio")),
        _collapsed(_mean(rows, "entropy")),
        _halved(
            [row["completions/mean_length"] for row in log if "completions/mean_length" in row]
        ),
    )
    return tuple(finding for finding in findings if finding is not None)


def _signal(share: float | None, all_wrong: float | None, *, rewards: set[str]) -> Finding | None:
    """Judge the outcome's signal; the random control is paid for something else."""
    if share is None or share <= _MOST_WITHOUT_SIGNAL or "random" in rewards:
        return None
    is_hard = all_wrong is None or all_wrong >= share / 2
    reason = "too hard" if is_hard else "too easy"
    remedy = "choose easier ones or warm the model up first" if is_hard else "choose harder ones"
    # A group whose answers are equally right may still differ in partial credit, and teaches that.
    partial = bool(rewards - {"correct"})
    effect = "teach at most by partial credit" if partial else "carry no signal"
    return Finding(
        code="no_signal",
        level="problem" if share == 1 and not partial else "warning",
        sentence=(
            f"{share:.0%} of the groups {effect}, all their answers being equally right: "
            f"the questions are {reason} for this model; {remedy}."
        ),
    )


def _no_learning(reward_std: float | None, grad_norm: float | None) -> Finding | None:
    # The reward first: equal rewards make the gradient 0, not the other way round.
    if reward_std == 0:
        sentence = "Every answer earned the same reward, so nothing was learned in these steps."
    elif grad_norm == 0:
        sentence = "The gradient is exactly 0, so the weights did not move in these steps."
    else:
        return None
    return Finding(code="no_gradient", level="problem", sentence=sentence)


def _clipped(share: float | None) -> Finding | None:
    if share is None or share <= _MOST_CLIPPED:
        return None
    return Finding(
        code="cut_off",
        level="warning",
        sentence=(
            f"{share:.0%} of the answers were cut off at the token limit and could hardly earn "
            "a reward: raise max_new_tokens, or expect the model to learn brevity first."
        ),
    )


def _collapsed(entropy: float | None) -> Finding | None:
    if entropy is None or entropy >= _LEAST_ENTROPY:
        return None
    return Finding(
        code="collapsed",
        level="warning",
        sentence=(
            f"The entropy has fallen to {entropy:.3f}: answers to one question are almost all "
            "alike and nothing new is tried; lower the learning rate or stop here."
        ),
    )


def _halved(lengths: Sequence[float]) -> Finding | None:
    if len(lengths) < 2 * _WINDOW or _average(lengths[-_WINDOW:]) >= lengths[0] / 2:
        return None
    return Finding(
        code="shortened",
        level="warning",
        sentence=(
            f"Answers fell from {lengths[0]:.0f} to {_average(lengths[-_WINDOW:]):.0f} tokens: "
            "see in the completions table whether reasoning was dropped or only talk."
        ),
    )


def _mean(rows: Sequence[Mapping[str, float]], key: str) -> float | None:
    values = [row[key] for row in rows if key in row]
    return _average(values) if values else None


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)
